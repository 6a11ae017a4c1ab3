"""A source and a statement as data: what an answer consists of. It does not know how they are tied."""

from dataclasses import dataclass

from rag.documents.formats.certainty import UNSURE


@dataclass(frozen=True)
class Source:
    """An exact sentence: `text == document.text[start:end]`."""

    number: int
    document: str
    title: str
    page: int | None
    start: int
    end: int
    text: str
    score: float
    """Evidence for what it is cited for, 0 to 1."""
    passage_start: int
    """Where the passage around the sentence starts, for showing it in its context."""
    passage_text: str
    certainty: float | None = None
    """How sure OCR is that it read the sentence rightly, 0 to 1; None where it did not read it."""

    @property
    def is_unsure(self) -> bool:
        """Whether it should be checked on the picture that it was read from."""
        return self.certainty is not None and self.certainty < UNSURE

    @property
    def how_read(self) -> str:
        """How it was read, in words, where that was by OCR; else empty."""
        if self.certainty is None:
            return ""
        sure = f"{min(99, int(100 * self.certainty))} % sure"
        return f"read by OCR, only {sure}: check it on the page" if self.is_unsure else f"read by OCR, {sure}"

    def to_dict(self) -> dict[str, object]:
        """Return the sentence as the JSON contract has it, without the passage around it."""
        names = ("number", "document", "page", "start", "end", "text", "score")
        scanned = {} if self.certainty is None else {"read_by_ocr": self.certainty}
        return {name: getattr(self, name) for name in names} | scanned


@dataclass(frozen=True)
class Statement:
    """One sentence of the answer: `text == answer[start:end]`; unsupported when `sources` is empty."""

    text: str
    start: int
    end: int
    supported: bool
    sources: tuple[int, ...]
    """Numbers of `Source`s."""

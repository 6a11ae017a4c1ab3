"""The example questions of a folder: kept, shown, and made anew while nobody asks. It does not know how one is made."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rag.answering.answer import Answer, Event
from rag.answering.examples import Example, make_examples, read_examples, write_examples
from rag.answering.whole.workshop import Workshop
from rag.index.index import Index

Stopped = Callable[[], bool]


class ExampleShelf:
    """The questions of one index, in a file beside it; None keeps none."""

    def __init__(
        self,
        file: Path | None,
        index: Index,
        workshop: Callable[[Stopped], Workshop | None],
        ask: Callable[[str, Stopped], Iterator[Event]],
    ) -> None:
        """Make them in a `workshop`, which is None where nothing can be made, and try them out by `ask`."""
        self._file, self._index, self._workshop, self._ask = file, index, workshop, ask

    def there(self) -> tuple[Example, ...]:
        """Return the questions that were tried, as far as what answers them is still there. Raises StoreError."""
        kept = read_examples(self._file)
        passages = self._index.chunks([each.passage for each in kept.made]) if kept else {}
        return tuple(each for each in kept.made if each.passage in passages) if kept else ()

    def make(self, stopped: Stopped) -> None:
        """Make those of the documents as they are now, unless it was done. Raises RagError."""
        kept, now = read_examples(self._file), self._index.generation()
        shop = self._workshop(stopped)
        if shop is None or self._file is None or (kept and kept.finished and kept.generation == now):
            return

        def try_out(question: str) -> Answer | None:
            *_, answer = self._ask(question, stopped)
            return answer if isinstance(answer, Answer) and not answer.stopped else None

        for made in make_examples(shop, now, kept, try_out):
            write_examples(self._file, made)

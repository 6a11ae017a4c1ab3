"""How answers, sources and tables look in a terminal or a pipe. It does not know commands, settings or models.

Text of documents and models is never markup and never holds control characters here. On a terminal lines are wrapped at
words; in a pipe every line is left whole and without colours, and nothing is imported to write it.
"""

import io
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from rag.answering.answer import Answer
    from rag.answering.citations import Source
    from rag.doctor.check import Check

UNBOUNDED = 1_000_000
"""Width of a pipe: nothing is wrapped there."""
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, and those that reorder what follows them on a terminal."""
_RAW = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def speak_utf8() -> None:
    """Read and write UTF-8 on the standard streams whatever the locale says."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def is_plain(file: TextIO) -> bool:
    """Tell whether `file` is no terminal, and is not to be taken for one, by the variables that rich knows."""
    wanted = os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE") == "1"
    return not (wanted or file.isatty())


def console(file: TextIO) -> "Console":
    """Return a console for `file`: unbounded where it is no terminal, without any escapes under NO_COLOR."""
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    width = None if file.isatty() else UNBOUNDED
    return Console(
        file=file,
        width=width,
        color_system=None if plain else "auto",
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
    )


def shown(text: str) -> str:
    """Return `text` without what a terminal would obey, on one line."""
    return UNSEEN.sub("", _BREAKS.sub(" ", text))


def json_line(value: object) -> str:
    """Return `value` as JSON on one line, not escaping what can be read but what a terminal would obey."""
    return _RAW.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(value, ensure_ascii=False))


def say(text: str, style: str = "") -> None:
    """Write a line to standard error."""
    _Page(sys.stderr).line((shown(text), style))


Piece = tuple[str, str]
"""Text that is safe to show, and its style."""


class _Page:
    """Lines of pieces on `file`: wrapped and in colours on a terminal, whole and plain elsewhere."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._console = None if is_plain(file) else console(file)

    def width(self) -> int:
        """Return the columns of a line."""
        return self._console.width if self._console else UNBOUNDED

    def line(self, *pieces: Piece) -> None:
        """Write one line, which a terminal breaks where it likes."""
        if self._console is None:
            self._file.write("".join(text for text, _ in pieces) + "\n")
            return
        from rich.text import Text

        self._console.print(Text.assemble(*pieces))

    def indented(self, first: Sequence[Piece], text: Piece) -> None:
        """Write `first` and `text` behind it; further lines start where `text` does."""
        if self._console is None:
            self.line(*first, (text[0].rstrip(), ""))
            return
        from rich.text import Text

        opening = Text.assemble(*first)
        indent = opening.cell_len
        for i, line in enumerate(Text(*text).wrap(self._console, max(10, self._console.width - indent))):
            line.rstrip()
            self._console.print(Text.assemble(opening if i == 0 else " " * indent, line), soft_wrap=True)


def print_sources(answer: "Answer") -> None:
    """Show below a streamed answer what it rests on."""
    page = _Page(sys.stdout)
    if computed := answer.computation:
        rows = f"{computed.rows:,} row{'' if computed.rows == 1 else 's'}"
        shown_rows = f", the first {len(answer.sources)} below" if len(answer.sources) < computed.rows else ""
        page.line()
        page.indented((), (f"Computed from {rows} of {shown(computed.table)}{shown_rows}.", "dim"))
    if answer.sources:
        page.line()
        page.line(("Nearest sentences" if answer.abstained else "Sources", "bold"))
        for source in answer.sources:
            _print_source(page, source)
    supported = [statement for statement in answer.statements if statement.supported]
    if len(answer.statements) > 1 and supported and not answer.computation:  # each row says itself what it is for
        page.line()
        for statement in supported:
            numbers = " ".join(f"[{number}]" for number in statement.sources)
            page.indented((("  ", ""),), (f"“{shown(statement.text)}” {numbers}", ""))
    unsupported = [statement for statement in answer.statements if not statement.supported]
    if unsupported:
        page.line()
    for statement in unsupported:
        page.indented((), (f'Not supported by the documents: "{shown(statement.text)}"', "yellow"))


def print_found(sources: "Sequence[Source]") -> None:
    """Show ranked sentences."""
    page = _Page(sys.stdout)
    for source in sources:
        _print_source(page, source, f", score {source.score:.2f}")
    if not sources:
        page.line(("Nothing found.", ""))


def _print_source(page: _Page, source: "Source", more: str = "") -> None:
    at = "" if source.page is None else f", page {source.page}"
    page.indented(((f"[{source.number}] ", "bold"),), (f'"{shown(source.text)}"', ""))
    where = f"{shown(source.document)}{at}, characters {source.start}–{source.end}{more}"
    read = f", {source.how_read}" if source.how_read else ""
    page.indented((("    ", ""),), (where + read, "yellow" if source.is_unsure else "dim"))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show rows under their heads; where they are too wide for the terminal, each row is a block of lines."""
    from rich.cells import cell_len

    page = _Page(sys.stdout)
    cells = [[shown(cell) for cell in row] for row in rows]
    widths = [max(cell_len(row[i]) for row in [heads, *cells]) for i in range(len(heads))]
    if sum(widths) + 2 * (len(heads) - 1) <= page.width():
        for number, row in enumerate([heads, *cells]):
            padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
            page.line(("  ".join(padded).rstrip(), "bold" if number == 0 else ""))
        return
    label = max(map(len, heads)) + 2
    for row in cells:
        page.indented((), (row[0], "bold"))
        for head, cell in list(zip(heads, row, strict=True))[1:]:
            page.indented(((f"  {head:<{label}}", ""),), (cell, ""))


def print_checks(checks: "Sequence[Check]") -> None:
    """Show an examination: what was found, and under each problem what to do."""
    page = _Page(sys.stdout)
    width = max(len(check.name) for check in checks) + 2
    for check in checks:
        verdict = ("ok      ", "green") if check.ok else ("PROBLEM ", "bold red")
        page.indented((verdict, (f"{check.name:<{width}}", "")), (shown(check.found), ""))
        if check.remedy:
            page.indented((("        → ", ""),), (shown(check.remedy), ""))


def timings_line(timings: Mapping[str, float]) -> str:
    """Return the times of an answer in words."""
    return (
        f"{timings['total_s']:.1f} s, first word after {timings['first_token_s']:.1f} s; "
        f"read {timings['prompt_tokens']} tokens ({timings['reused_tokens']} kept from before), "
        f"wrote {timings['answer_tokens']}"
    )

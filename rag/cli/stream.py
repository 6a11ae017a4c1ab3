"""An answer's pieces → lines of a terminal or a pipe, as they come. It does not know what an answer consists of."""

import sys
from typing import TextIO

from rag.cli.rows import row_lines
from rag.cli.terminal import UNBOUNDED, UNSEEN, console, is_plain


class Stream:
    """Writes the pieces of an answer as they come, wrapped at words where `width` is given (columns)."""

    def __init__(self, file: TextIO, width: int | None) -> None:
        """Write to `file`."""
        self._file = file
        self._width = width
        self._column = 0
        self._word = ""
        self._row = ""
        """A row of a table as far as it has come: it is shown when it is whole."""

    def write(self, piece: str) -> None:
        """Show what of `piece` can be shown already: a word is held back until it is whole."""
        piece = UNSEEN.sub("", piece.replace("\r", "").replace("\t", " "))
        if self._width is None:
            self._file.write(piece)
        else:
            from rich.cells import cell_len

            for character in piece:
                if self._row or (character == "|" and not self._column and not self._word):
                    self._take_of_row(character)
                elif character in " \n" or cell_len(character) == 2:
                    self._flush_word()
                    self._put(character)
                else:
                    self._word += character
        self._file.flush()

    def close(self) -> None:
        """Show what was held back and end the line."""
        if self._row:
            self._take_of_row("\n")
        self._flush_word()
        self._file.write("\n")
        self._file.flush()

    def _take_of_row(self, character: str) -> None:
        self._row += character
        if character == "\n":
            self._file.write(row_lines(self._row, self._width or UNBOUNDED))
            self._row = ""

    def _flush_word(self) -> None:
        word, self._word = self._word, ""
        if word:
            self._put(word)

    def _put(self, text: str) -> None:
        if text == "\n":
            self._file.write(text)
            self._column = 0
            return
        from rich.cells import cell_len

        width = cell_len(text)
        if self._width is not None and self._column and self._column + width > self._width:
            if text == " ":
                return  # the next word starts the next line
            self._file.write("\n")
            self._column = 0
        self._file.write(text)
        self._column += width


def answer_stream() -> Stream:
    """Return a stream to standard output."""
    return Stream(sys.stdout, None if is_plain(sys.stdout) else console(sys.stdout).width)

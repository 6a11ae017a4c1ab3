"""XLSX, XLSB, XLS and ODS → a sentence a row, with python-calamine (MIT; Rust).

Values are those that the program which wrote the file last computed: no formula is evaluated, no link followed.
"""

import datetime
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from rag.documents.formats.blocks import Blocks, names_columns
from rag.documents.formats.parts import Part, RefusedError, Text
from rag.documents.formats.plain import LONGEST_TITLE
from rag.documents.formats.zipped import open_package


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the text of every sheet that is not hidden."""
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    if file.read(2) == b"PK":
        file.seek(0)
        _check_content(open_package(file))
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(file)
    except PasswordError as error:
        raise RefusedError("is protected by a password. Save a copy without one.") from error
    blocks = Blocks()
    sheets = [
        sheet
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    for sheet in sheets:
        rows = book.get_sheet_by_name(sheet.name).iter_rows()
        written = [[shown(cell) for cell in row] for row in rows]
        if any(any(row) for row in written):
            blocks.heading(sheet.name, 2)
            add_rows(blocks, written)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no cell with a value.")
    named = len(sheets) == 1 and not _is_default(text.title)
    yield Text(text.text, text.title if named else PurePosixPath(name).stem, tables=text.tables)


def _check_content(package: ZipFile) -> None:
    """Refuse an OpenDocument sheet that is no XML: calamine reads a broken one for ever (found by fuzzing)."""
    if "content.xml" in package.namelist():
        try:
            with package.open("content.xml") as content:
                ParserCreate().ParseFile(content)
        except (ExpatError, BadZipFile, EOFError, OSError, zlib.error) as error:
            raise RefusedError(f"is damaged ({error}).") from error


def add_rows(blocks: Blocks, rows: Sequence[Sequence[str]]) -> None:
    """Add the tables of a sheet: an empty row parts them, a row of one cell above one is its title."""
    table: list[Sequence[str]] = []
    title = ""
    for row in [*rows, []]:
        filled = [cell for cell in row if cell.strip()]
        if len(filled) == 1 and not table and len(row) > 1:
            title = filled[0]
            blocks.paragraph(title)
        elif filled:
            table.append(row)
        elif table:
            blocks.table(
                table, has_head=names_columns(table) or None, name=title if len(title) <= LONGEST_TITLE else ""
            )
            table, title = [], ""


def shown(cell: Any) -> str:
    """Return a cell's value as people write it."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.12g}" if abs(cell) < 1e12 and cell % 1 else f"{cell:.0f}" if abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return str(cell.date()) if cell.time() == datetime.time() else cell.isoformat(" ", "seconds")
    return str(cell)


def _is_default(title: str) -> bool:
    return title.rstrip("0123456789 ").casefold() in {
        "sheet",
        "tabelle",
        "feuille",
        "hoja",
        "foglio",
        "planilha",
        "лист",
    }

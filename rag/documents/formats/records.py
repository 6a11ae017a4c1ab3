"""JSON and JSON lines → a sentence a record: "name: Ada; born.year: 1815.". With Python's own `json`."""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.kinds import suffix
from rag.documents.formats.parts import Part, RefusedError, Text
from rag.documents.formats.plain import decode

_LONG = 300  # characters of a value that is text rather than an item
_LONGEST_PATH = 200  # characters of the keys that lead to a value
_MOST_WRONG = 0.5  # of the lines


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the records' text."""
    text = decode(file.read())
    blocks = Blocks()
    if suffix(name) == ".json":
        try:
            _add_all(blocks, _value(text))
        except json.JSONDecodeError as error:
            _lines(blocks, text, str(error))  # many files of this name are lines of JSON
        except RecursionError as error:
            raise RefusedError("is nested too deeply.") from error
    else:
        _lines(blocks, text, "")
    found = blocks.text()
    if not found.text:
        raise RefusedError("holds no values.")
    yield Text(found.text, PurePosixPath(name).stem, tables=found.tables)


def _value(text: str) -> Any:
    return json.loads(text, parse_constant=str, parse_int=str, parse_float=str)  # numbers stay as they are written


def _lines(blocks: Blocks, text: str, why: str) -> None:
    lines = [line for line in text.split("\n") if line.strip()]
    wrong = 0
    for number, line in enumerate(lines, 1):
        try:
            _add(blocks, _value(line))
        except (json.JSONDecodeError, RecursionError) as error:
            wrong += 1
            why = why or f"line {number}: {error}"
    if wrong > _MOST_WRONG * len(lines):
        raise RefusedError(f"is not JSON ({why}).")


def _add_all(blocks: Blocks, value: Any) -> None:
    """Add each record of a list, whether the list is the whole or the one thing in it."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), list):
        value = next(iter(value.values()))
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for each in value:
            _add(blocks, each)
    elif isinstance(value, dict) and any(isinstance(each, (dict, list)) for each in value.values()):
        for key, each in value.items():  # one object of many parts: each is a record
            if isinstance(each, list) and any(isinstance(record, dict) for record in each):
                blocks.heading(str(key), 2)
                for record in each:
                    _add(blocks, record)
            else:
                _add(blocks, {key: each})
    else:
        _add(blocks, value)


def _add(blocks: Blocks, record: Any) -> None:
    names, values = [], []
    long = []
    for name, value in _flat(record):
        if len(value) > _LONG or "\n" in value.strip():
            long.append((name, value))
        else:
            names.append(name)
            values.append(value)
    blocks.record(names, values)
    for name, value in long:
        if name:
            blocks.paragraph(f"{name}:")
        for paragraph in value.split("\n\n"):
            blocks.paragraph(paragraph)


def _flat(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (path of keys, value) of everything inside, in order, without recursion."""
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict):
            pending += [
                (f"{name}.{key}"[-_LONGEST_PATH:] if name else key, each) for key, each in reversed(value.items())
            ]
        elif isinstance(value, list):
            if all(not isinstance(each, (dict, list)) for each in value):
                yield name, ", ".join(_shown(each) for each in value if each is not None)
            else:
                pending += [(name, each) for each in reversed(value)]
        elif value is not None:
            yield name, _shown(value)


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)

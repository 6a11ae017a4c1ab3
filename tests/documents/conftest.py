"""One child process for a file of tests."""

from collections.abc import Iterator

import pytest

from rag.documents.parsing import Parser


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser

"""Answers from your own documents, each statement with its exact source sentences.

    from rag import Rag

    with Rag(docs="folder") as rag:
        answer = rag.ask("Who commands the border guard?")
        print(answer.answer, [source.text for source in answer.sources])

Nothing is imported before it is used: `import rag` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answering.answer import Answer, Retrieved, Token
    from rag.answering.citations import Source, Statement
    from rag.api import Rag
    from rag.errors import RagError

__all__ = ["Answer", "Rag", "RagError", "Retrieved", "Source", "Statement", "Token"]

_HOMES = {"Rag": "api", "RagError": "errors", "Source": "answering.citations", "Statement": "answering.citations"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'rag' has no attribute '{name}'")
    return getattr(import_module(f"rag.{_HOMES.get(name, 'answering.answer')}"), name)

"""What happens with documents on the page: bring, remove, look up, open. It does not know the layout or HTML's details.

Everything is asked for one person: what somebody else brought is not there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import gradio as gr

from rag.api import Rag
from rag.errors import RagError

from .conversations import Conversation
from .handlers import answers_of, person
from .render import problem_html
from .render_documents import documents_html, found_html, header_html, uploads_html, welcome_html
from .render_printed import LOST, printed_html
from .render_sources import CHANGED, document_html, sources_html
from .uploads import Uploads, owner_in

_FOUND = 20
"""Sentences that a search shows."""


def _cited(turns: Conversation, path: str, start: int, end: int) -> str | None:
    """Return the sentence that an answer cited from that place; None where none did."""
    cited = {(s.document, s.start, s.end): s.text for _, answer in answers_of(turns) for s in answer.sources}
    return cited.get((path, start, end))


class DocumentHandlers:
    """The documents of one folder as each person sees them."""

    def __init__(self, rag: Rag, uploads: Uploads) -> None:
        """Show the documents of `rag`; `uploads` says whose is what."""
        self._rag = rag
        self._uploads = uploads

    def paths(self, request: gr.Request) -> list[str]:
        """Return the paths of the documents that this person may see."""
        return list(self._uploads.documents(person(request)))

    def listing(self, request: gr.Request) -> str:
        """Return the list of documents that this person may see, and of what in the folder is not read."""
        owner = person(request)
        seen = [(path, reason) for path, reason in self._rag.skipped if owner_in(path) in (None, owner)]
        return documents_html(self._uploads.documents(owner), seen)

    def header(self, request: gr.Request) -> str:
        """Return the page's head with what this person can ask about now."""
        records = self._uploads.documents(person(request)).values()
        return header_html(len(records), sum(r.sentences for r in records), sum(r.size for r in records))

    def welcome(self, request: gr.Request) -> str:
        """Return what stands before the first question: example questions, or the way to bring documents."""
        owner = person(request)
        held = self._uploads.documents(owner)
        return welcome_html(self._rag.examples(held) if held else [], any_documents=bool(held))

    def panel(self, turns: Conversation) -> str:
        """Return the panel of sources."""
        return sources_html(answers_of(turns))

    def open_document(self, path: str, start: int, end: int, turns: Conversation, request: gr.Request) -> str:
        """Return the whole document at a place; what somebody else brought is not there."""
        if path not in self._uploads.documents(person(request)):
            return problem_html("This document is no longer there.") + self.panel(turns)
        return document_html(path, self._rag.text(path), start, end, _cited(turns, path, start, end))

    def open_page(self, path: str, start: int, end: int, number: int, turns: Conversation, request: gr.Request) -> str:
        """Return a page as it is printed, the one of that place where `number` is 0, with the place marked."""
        if path not in self._uploads.documents(person(request)):
            return problem_html("This document is no longer there.") + self.panel(turns)
        try:
            sentence = self._rag.text(path)[start:end]
            if changed := sentence != (_cited(turns, path, start, end) or sentence):
                start = end = 0
            page = self._rag.printed(path, number or None, start, end)
        except RagError as error:
            return problem_html(error) + self.open_document(path, start, end, turns, request)
        lost = end > start and not page.marks and not number
        return printed_html(path, page, start, end, sentence, CHANGED if changed else LOST if lost else "")

    def look_up(self, query: str, documents: Sequence[str], request: gr.Request) -> str:
        """Return the sentences nearest to `query` among what this person may see."""
        try:
            scope = self._uploads.scope(person(request), documents)
            wanted = query.strip() and scope != [] and self._uploads.documents(person(request))
            return found_html(query, self._rag.search(query, _FOUND, documents=scope) if wanted else [])
        except RagError as error:
            return problem_html(error)

    def bring(self, files: Sequence[str], request: gr.Request) -> Iterator[str]:
        """Take files into the folder; yields what becomes of each."""
        owner = person(request)
        if owner is None:
            yield problem_html("This browser keeps no cookies, so nobody could tell whose the files are. Allow them.")
            return
        given = [Path(file) for file in files]
        try:
            for states in self._uploads.add(owner, [(file.name, file) for file in given]):
                yield uploads_html(states)
        except OSError as error:
            yield problem_html(f"The folder cannot be written: {error.strerror}.")
        finally:
            for file in given:  # the browser's copy has done its work
                file.unlink(missing_ok=True)

    def remove(self, path: str, request: gr.Request) -> str:
        """Delete a document that this person brought; returns what went wrong, if anything."""
        try:
            self._uploads.remove(person(request), path)
        except RagError as error:
            return problem_html(error)
        return ""

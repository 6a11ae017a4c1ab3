"""The tabs of documents and of search: lays them out and ties them to what happens. It does not know how it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .document_handlers import DocumentHandlers
from .render_documents import found_html
from .uploads import shown_path

ACTS = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  if (button.dataset.act === "page") button.setAttribute("aria-busy", "true");  // drawing takes a moment
  trigger("click", { ...button.dataset });
});
let opened = false;
watch("value", () => {
  const whole = element.querySelector(".document");
  if (whole || opened) {
    const at = element.querySelector(whole ? "mark.at, .back" : "mark[id]");
    (element.querySelector("mark.at") ?? whole ?? at)?.scrollIntoView({ block: "center" });
    (element.querySelector("mark.at") ?? at)?.focus({ preventScroll: true });
  }
  opened = whole !== null;
});
"""
"""Buttons inside our HTML tell the server what they are for; a document opens at its place, the keyboard with it."""

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""How an event goes that no answer of a model is waited for."""


@dataclass(frozen=True)
class DocumentDrawer:
    """The parts that others read or write."""

    scope: gr.Dropdown
    files: gr.File
    folder: gr.UploadButton
    brought: gr.HTML
    listing: gr.HTML
    words: gr.Textbox
    found: gr.HTML


def lay_out() -> DocumentDrawer:
    """Make the two tabs."""
    with gr.Tab("Documents", id="documents"):
        scope = gr.Dropdown(
            [], label="Ask only in", multiselect=True, elem_id="scope", info="Nothing chosen means all."
        )
        # Without `file_types`: one file of another kind would have Gradio refuse all, and our list names each.
        files = gr.File(label="Drop files here, or choose them", file_count="multiple", elem_id="files", height=120)
        folder = gr.UploadButton("Bring a whole folder", file_count="directory", size="sm", elem_id="folder")
        brought = gr.HTML("", elem_id="brought")
        listing = gr.HTML("", elem_id="listing", js_on_load=ACTS)
    with gr.Tab("Search", id="search"):
        words = gr.Textbox(
            label="Search the documents", placeholder="Words or a sentence", elem_id="words", max_lines=1
        )
        found = gr.HTML(found_html("", ()), elem_id="found", js_on_load=ACTS)
    return DocumentDrawer(scope, files, folder, brought, listing, words, found)


def tie(drawer: DocumentDrawer, documents: DocumentHandlers, tabs: gr.Tabs) -> list[Any]:
    """Tie bringing and searching; returns the events after which there may be other documents."""

    def bring(given: Any, request: gr.Request) -> Iterator[dict[Any, Any]]:
        files = given if isinstance(given, list) else [given] if given else []
        for state in documents.bring(files, request):  # our list has them now, Gradio's box is free for the next
            yield {drawer.brought: state, drawer.files: None, tabs: gr.Tabs(selected="documents")}

    drawer.words.submit(documents.look_up, [drawer.words, drawer.scope], drawer.found, **QUICK)
    return [
        upload.upload(
            bring,
            [upload],
            [drawer.brought, drawer.files, tabs],
            show_progress="hidden",
            api_visibility="private",
            concurrency_limit=4,
        )
        for upload in (drawer.files, drawer.folder)
    ]


def scope_choices(paths: list[str]) -> Any:
    """Return the update that offers `paths` to ask only in."""
    return gr.update(choices=[(shown_path(path), path) for path in paths])

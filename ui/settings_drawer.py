"""The settings of one person: lays them out, keeps them in the browser. It does not know what they change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag.api import Limits
from rag.errors import RagError

from .document_drawer import QUICK
from .line import WAITING
from .render import hint_html, problem_html

_MOST_PASSAGES = 12
_KEEP = "(model, passages, threshold) => ({model, passages, threshold})"


@dataclass(frozen=True)
class SettingsDrawer:
    """The parts that others read or write."""

    model: gr.Dropdown
    passages: gr.Slider
    threshold: gr.Slider
    kept: gr.BrowserState

    @property
    def chosen(self) -> list[Any]:
        """The inputs that say how a question is answered."""
        return [self.model, self.passages, self.threshold]


def lay_out(limits: Limits, models: Callable[[], list[str]], load: Callable[[str], Iterator[str]]) -> SettingsDrawer:
    """Make the tab. The first of `models()` and `limits` are the program's own; `load` says what it does of a name."""
    own = models()[0]
    with gr.Tab("Settings", id="settings"):
        model = gr.Dropdown(
            models(),
            value=own,
            label="Answer model",
            info="Those on this computer. Larger ones answer better, smaller ones sooner.",
            elem_id="model",
            filterable=False,
        )
        state = gr.HTML("", elem_id="model-state")
        passages = gr.Slider(
            1,
            max(_MOST_PASSAGES, limits.passages),
            limits.passages,
            step=1,
            label="Passages that may be read",
            info="More find more, and take longer.",
            elem_id="passages",
        )
        threshold = gr.Slider(
            0,
            1,
            limits.threshold,
            step=0.05,
            label="Stay silent below this confidence",
            info="Higher is silent more often, and wrong less often.",
            elem_id="threshold",
        )
        reset = gr.Button("Back to the program's own settings", size="sm", elem_id="reset")
    # Its secret is none: it only has to be the same after a restart.
    kept = gr.BrowserState(None, storage_key="rag-settings", secret="rag")
    drawer = SettingsDrawer(model, passages, threshold, kept)

    def says(name: str) -> Iterator[str]:
        try:
            for text in load(name):
                yield hint_html(text)
        except RagError as error:
            yield problem_html(error)

    for part in drawer.chosen:
        part.change(None, drawer.chosen, kept, js=_KEEP, show_progress="hidden", api_visibility="private")
    model.select(says, model, state, show_progress="hidden", api_visibility="private", **WAITING)
    reset.click(lambda: [own, limits.passages, limits.threshold, ""], None, [*drawer.chosen, state], **QUICK)
    return drawer


def restored(drawer: SettingsDrawer, kept: Any, limits: Limits, names: list[str]) -> dict[Any, Any]:
    """Return what the browser kept, as far as it still makes sense, and the models that there are now."""
    kept = kept if isinstance(kept, dict) else {}
    model, passages, threshold = (kept.get(name) for name in ("model", "passages", "threshold"))
    return {
        drawer.model: gr.update(choices=names, value=model if model in names else names[0]),
        drawer.passages: _within(passages, 1, max(_MOST_PASSAGES, limits.passages), limits.passages),
        drawer.threshold: _within(threshold, 0, 1, limits.threshold),
    }


def _within(value: Any, least: float, most: float, otherwise: float) -> float:
    return value if isinstance(value, int | float) and least <= value <= most else otherwise

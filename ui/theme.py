"""Colours and fonts: Gradio's plain theme with fonts of the reader's own system, since named ones would be fetched."""

import gradio as gr

_SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Return the theme of the page; what it has no variable for stands in `style.css`."""
    return gr.themes.Base(
        primary_hue="teal",
        secondary_hue="stone",
        neutral_hue="stone",
        radius_size="lg",
        text_size="md",
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="#faf9f7",
        body_background_fill_dark="#191817",
        body_text_color="#1f1d1a",
        body_text_color_dark="#ebe8e3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#22211f",
        background_fill_secondary="#f4f2ee",
        background_fill_secondary_dark="#2a2826",
        border_color_primary="#e5e1da",
        border_color_primary_dark="#3a3734",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#115e59",
        button_primary_text_color="#ffffff",
    )

"""One line of what `rag doctor` shows. It does not know what is examined."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of the examination; `remedy` says what to do where `ok` is false, or may be a hint where it is true."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def shown_size(size: int) -> str:
    """Return so many bytes in words."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"

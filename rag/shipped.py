"""Where the files lie that travel with the program. It does not know what is in them."""

from pathlib import Path


def data_folder(name: str) -> Path:
    """Return a folder that travels with the program: inside the package in a wheel, beside it in a checkout."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parent.parent / name

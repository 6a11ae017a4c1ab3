"""XML that may have been made to hurt: no entity is expanded, no DTD loaded, nothing fetched, no depth without end."""

from typing import Any

from lxml import etree

from rag.documents.formats.parts import RefusedError


def parse(data: bytes) -> Any:
    """Return the root element. Raises RefusedError."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RefusedError(f"is damaged ({error}).") from error


def local(element: Any) -> str:
    """Return an element's name without its name space."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""

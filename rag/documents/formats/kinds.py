"""Which file is read by what: by the end of its name. It imports no reader."""

from pathlib import PurePosixPath

PLAIN = frozenset(
    {
        ".txt",
        ".text",
        ".md",
        ".markdown",
        ".rst",
        ".log",
        ".adoc",
        ".org",
        ".tex",
    }
)
"""Text that is read as it stands."""
CODE = frozenset(
    """.py .pyi .js .mjs .cjs .ts .tsx .jsx .java .kt .kts .scala .groovy .c .h .cc .cpp .cxx .hpp .hh .cs .fs .vb
    .go .rs .swift .m .mm .d .zig .nim .rb .pl .pm .php .lua .r .jl .dart .hs .ml .mli .erl .ex .exs .clj .lisp .el .scm
    .f .f90 .pas .asm .s .sql .sh .bash .zsh .fish .ps1 .bat .cmd .css .scss .less .vue .svelte .proto .thrift .graphql
    .tf .cmake .gradle .mk .toml .ini .cfg .conf .properties .yaml .yml .xsd .bib""".split()
)
"""Source code and settings: read as they stand, but a `#` begins no title there."""
PARSED = {
    ".pdf": "pdf",
    ".docx": "word",
    ".docm": "word",
    ".pptx": "slides",
    ".pptm": "slides",
    ".xlsx": "sheets",
    ".xlsm": "sheets",
    ".xlsb": "sheets",
    ".xls": "sheets",
    ".ods": "sheets",
    ".csv": "separated",
    ".tsv": "separated",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".epub": "epub",
    ".odt": "opendocument",
    ".odp": "opendocument",
    ".rtf": "rtf",
    ".eml": "mail",
    ".msg": "outlook",
    ".mbox": "mailbox",
    ".json": "records",
    ".jsonl": "records",
    ".ndjson": "records",
    ".zip": "archive",
    **dict.fromkeys((".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".gz", ".bz2", ".xz"), "compressed"),
    ".mht": "webarchive",
    ".mhtml": "webarchive",
    ".ipynb": "notebook",
    ".ics": "cards",
    ".vcf": "cards",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".rss": "feed",
    ".atom": "feed",
    ".xml": "feed",
}
"""Suffix → the module of `rag.documents.formats` whose `read` runs in the child process."""
PACKED = frozenset(
    """.pdf .docx .docm .pptx .pptm .xlsx .xlsm .xlsb .xls .ods .epub .odt .odp .mbox .eml .msg .mht .mhtml .ipynb
    .zip .tar .tgz .tbz .tbz2 .txz .gz .bz2 .xz""".split()
)
"""Kinds that may be larger than their text."""
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
"""Kinds that are read where the extra for OCR is installed, and passed over where it is not."""
CONVERTED = {
    **dict.fromkeys((".doc", ".dot", ".wpd", ".wps", ".pages"), ".docx"),
    **dict.fromkeys((".ppt", ".pps", ".pot", ".key"), ".pptx"),
    ".numbers": ".xlsx",
    **dict.fromkeys((".odg", ".vsd", ".vsdx", ".pub"), ".pdf"),
}
"""Kinds that are read where LibreOffice is installed, and what it makes of them."""
_OFFICE = "Save it as {} (LibreOffice opens it)."
FOREIGN = {
    **{kind: _OFFICE.format(made[1:].upper()) for kind, made in CONVERTED.items()},
    ".pages": "Export it as PDF or DOCX.",
    ".numbers": "Export it as XLSX or CSV.",
    ".key": "Export it as PDF or PPTX.",
    ".pst": "Export its messages as EML or mbox.",
    ".mobi": "Convert it to EPUB (Calibre does).",
    ".azw3": "Convert it to EPUB (Calibre does).",
    ".djvu": "Convert it to PDF (ddjvu -format=pdf).",
    ".ps": "Convert it to PDF (ps2pdf).",
    ".rar": "Unpack it, or pack it as ZIP.",
    ".7z": "Unpack it, or pack it as ZIP.",
    ".zst": "Unpack it.",
}
"""Kinds of documents that are not read, and what to do: they are named rather than passed over."""

SUFFIXES = PLAIN | CODE | PARSED.keys()
"""Every kind that is read."""


def is_named(name: str) -> bool:
    """Tell whether a file of this name is read, or is named as one that is not."""
    return suffix(name) in SUFFIXES or suffix(name) in FOREIGN


def suffix(name: str) -> str:
    """Return the end of a file's name that tells its kind, in small letters."""
    return PurePosixPath(name).suffix.lower()

"""A request's subject → the documents it means: by file name, title or a part of either. It does not know requests.

A word of the subject counts the more the fewer documents have it in their names. What is left of the subject, which
names no document, is its topic: "the fees in the statutes" means the statutes, and of those the fees.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

from rag.documents.words import words
from rag.index.records import DocumentRecord

KINDS = {
    "presentation": "pptx odp ppt", "slides": "pptx odp ppt", "slide": "pptx odp ppt", "deck": "pptx odp ppt",
    "spreadsheet": "xlsx ods xls csv tsv", "workbook": "xlsx ods xls", "excel": "xlsx xls", "csv": "csv",
    "table": "xlsx ods xls csv tsv", "sheet": "xlsx ods xls csv tsv", "pdf": "pdf", "word": "docx", "email": "eml mbox",
    "mail": "eml mbox", "mails": "eml mbox", "emails": "eml mbox", "page": "html htm", "website": "html htm",
    "webpage": "html htm", "book": "epub", "ebook": "epub", "präsentation": "pptx odp", "folien": "pptx odp",
    "tabelle": "xlsx ods xls csv", "présentation": "pptx odp", "tableau": "xlsx ods xls csv",
    "presentación": "pptx odp",
}  # fmt: skip
"""Words for a kind of file, and the endings of such files."""
GENERIC = frozenset(
    "document documents file files text article story report paper letter note notes content contents thing it "
    "this that "
    "these those everything all whole entire folder collection whats main attached above uploaded piece passage page "
    "dokument dokumente datei dateien artikel bericht brief alles ganze ganzen ordner sammlung dies dieses das es "
    "documents fichier fichiers texte article tout ensemble dossier ceci cela lettre rapport "
    "documento documentos archivo archivos texto articulo todo esto eso carpeta informe carta "
    "nach von vom der die den dem des im zu zum zur mit und fur uber auf aus wie was eine einer einem einen bei "
    "le la les l de du au aux et en sur avec pour dans un une a el los las del y con para por sobre al "
    "me us please briefly here there own my our your".split()
)
"""Words that mean a document without naming one."""
MATTERS = frozenset(
    "project story history matter affair case events process course projekt geschichte vorgang fall ablauf ereignisse "
    "projet histoire affaire evenements proyecto historia asunto caso acontecimientos".split()
)
"""Words for what all documents are about together, where none of them says so."""
EVERYTHING = re.compile(
    r"\b(?:everything|all (?:the |my |of the |these |our )?(?:documents|files|texts|papers|notes)|(?:the "
    r"|this |my |whole )folder"
    r"|documents|files|alles|alle (?:dokumente|dateien)|dokumente|dateien|tous les (?:documents|fichiers)"
    r"|todos los (?:documentos|archivos)|the collection|each (?:document|file)|every (?:document|file))\b",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"\S+\.[A-Za-z0-9]{1,5}\b")
_LEAST = 0.5  # share of the best document's weight from where on another is meant as well


@dataclass(frozen=True)
class Meant:
    """Which documents a subject means."""

    documents: tuple[str, ...] = ()
    """Paths, best first."""
    topic: tuple[str, ...] = ()
    """Words of the subject that name no document."""
    named: bool = False
    """Whether the subject names them, rather than there being no others."""
    others: tuple[str, ...] = ()
    """Documents that match less."""


def root(word: str) -> str:
    """Return the beginning of a word: "recipes" and "recipe", "medicines" and "medication" are alike."""
    return word.removesuffix("s")[:6] if len(word) < 8 else word[:5]


def roots(text: str) -> list[str]:
    """Return the beginnings of the words that carry meaning, in order."""
    return [root(word) for word in words(text)]


def meant(subject: str, documents: Mapping[str, DocumentRecord], scope: Collection[str] | None = None) -> Meant:
    """Return the documents that `subject` means; `scope` (paths) leaves out all others.

    Nothing is named and there are several: then there are no documents in the answer.
    """
    there = {path: record for path, record in documents.items() if scope is None or path in scope}
    if exact := by_file_name(subject, there):
        rest = subject.casefold().replace(PurePosixPath(exact[0]).name.casefold(), " ")
        named = _names_of(there[exact[0]])
        topic = tuple(word for word in words(rest) if word not in GENERIC and not _is_in(word, named))
        return Meant(exact, topic, True)
    asked = [word for word in words(subject) if word not in GENERIC]
    naming = {path: _names_of(record) for path, record in there.items()}
    spread = Counter(name for names in naming.values() for name in names)
    weights: dict[str, float] = {}
    used: dict[str, set[str]] = {}
    for path, names in naming.items():
        used[path] = {word for word in asked if _is_in(word, names)}
        weights[path] = math.fsum(math.log(1 + len(there) / spread[_match(word, names)]) for word in used[path])
    best = max(weights.values(), default=0.0)
    if best > 0:
        chosen = sorted(
            (path for path in there if weights[path] >= 0.999 * best), key=lambda path: (-weights[path], path)
        )
        others = [path for path in there if best > weights[path] >= _LEAST * best]
        topic = tuple(word for word in asked if word not in used[chosen[0]] and word not in KINDS)
        return Meant(tuple(chosen), topic, True, tuple(others))
    if len(there) == 1 or (scope is not None and there):
        return Meant(tuple(there), tuple(word for word in asked if word not in KINDS))
    return Meant((), tuple(asked))


def is_generic(subject: str) -> bool:
    """Tell whether `subject` names nothing: "the article", "this", or nothing at all."""
    return not [word for word in words(subject) if word not in GENERIC and word not in KINDS]


def by_file_name(subject: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of `paths` whose file name stands in `subject`, or a name of several words without its ending."""
    low = " ".join(subject.casefold().split())
    found: list[tuple[int, str]] = []
    for path in paths:
        name = PurePosixPath(path)
        stem = name.stem.casefold()
        for spelling in (path.casefold(), name.name.casefold(), *([stem] if re.search(r"[\W_\d]", stem) else [])):
            if spelling in low:
                found.append((len(spelling), path))
                break
    longest = max((size for size, _ in found), default=0)
    return tuple(path for size, path in found if size == longest)


def names_file(subject: str) -> bool:
    """Tell whether `subject` looks like a file's name."""
    return bool(_FILE_NAME.fullmatch(subject.strip()))


def _names_of(record: DocumentRecord) -> frozenset[str]:
    path = PurePosixPath(record.path)
    ending = path.suffix.lstrip(".").casefold()
    kinds = {root(word) for word, endings in KINDS.items() if ending in endings.split()}
    said = f"{' '.join(path.parts[:-1])} {path.stem} {record.title}".replace("_", " ").replace("-", " ")
    return frozenset(roots(said)) | frozenset(kinds)


def _is_in(word: str, names: Collection[str]) -> bool:
    return bool(_match(word, names))


def _match(word: str, names: Collection[str]) -> str:
    """Return the one of `names` that `word` is, mistyped perhaps; empty where there is none."""
    beginning = root(word)
    if beginning in names:
        return beginning
    if len(word) < 5 or word[0].isdigit():
        return ""
    return next(iter(get_close_matches(beginning, sorted(names), 1, 0.84)), "")


def title_of(record: DocumentRecord) -> str:
    """Return how a document is called in a sentence: its title, and its file's name where that is another."""
    name = PurePosixPath(record.path).name
    return name if record.title in (name, PurePosixPath(name).stem) else f"{record.title} ({name})"


def listed(documents: Sequence[DocumentRecord], most: int = 6) -> str:
    """Return the names of documents in one line."""
    names = [PurePosixPath(record.path).name for record in documents]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

"""A question's words → what kind of thing is asked of a table, and the words that have to be found in it. No tables."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from rag.documents.words import words

Kind = Literal["count", "sum", "mean", "extreme", "list", "lookup", "check"]

_COUNT = r"how many|number of|count (?:of|the)|how often|wie ?viele|anzahl|combien|cu[aá]nt[oa]s|quant[ie]"
_SUM = (
    r"(?:in )?total(?:s|led)?|altogether|in all|all in all|sum|add(?:s|ed)? up|come to|came to|together|combined"
    r"|overall|insgesamt|zusammen|summe|gesamt\w*|au total|en total|in totale"
)
_MEAN = r"average|averages|mean value|on average|median|durchschnitt\w*|im schnitt|mittelwert|moyenne|promedio|media"
_EXTREME = (
    r"most|least|fewest|best|worst|top|bottom|maximum|minimum|max|min|first|latest|last one|last(?=\W*$)"
    r"|rank(?:ed|ing)?"
    r"|meisten|wenigsten|le plus|la plus|el m[aá]s|la m[aá]s|(?:h[oö]ch|gr[oö][sß]|klein|teuer|billig|g[uü]nstig"
    r"|l[aä]ng|k[uü]rze|[aä]lte|j[uü]ng|niedrig|schwer|leicht|schnell)s?te[nrsm]?"
)
_SUPERLATIVE = re.compile(r"[a-z]{2,}est")
_NO_SUPERLATIVE = frozenset(
    "interest test rest west guest request forest harvest contest protest honest invest dest quest nest pest vest "
    "chest budapest suggest arrest modest digest manifest breakfast crest bequest conquest southwest northwest".split()
)
_COMPARATIVE = re.compile(
    r"\b[a-z]{2,}er(?= than\b)|\b(?:cheap|low|high|larg|bigg|small|long|short|old|young|earli|lat|fast|slow|heavi|light"
    r"|great|few|dear|near|deep|tall|wid)er\b"
)
_EARLY = re.compile(r"\b(?:longest|oldest|earliest|first|[aä]lteste\w*|l[aä]ngste\w*|zuerst|erste\w*)\b", re.I)
_LATE = re.compile(
    r"\b(?:newest|latest|youngest|last|most recent\w*|shortest|neueste\w*|j[uü]ngste\w*|zuletzt)\b", re.I
)
_HIGH = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|longest|heaviest|dearest|priciest|maximum|max|top|meisten|h[oö]chste\w*"
    r"|gr[oö][sß]+te\w*|teuerste\w*|l[aä]ngste\w*)\b",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"\b(?:least|lowest|smallest|fewest|cheapest|shortest|lightest|minimum|min|bottom|wenigsten|niedrigste\w*"
    r"|kleinste\w*|billigste\w*|g[uü]nstigste\w*|k[uü]rzeste\w*)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:more|higher|larger|bigger|greater|longer|heavier|dearer|pricier|taller|deeper|wider|mehr|h[oö]her\w*|gr[oö][sß]+er\w*"
    r"|teurer\w*|l[aä]nger\w*|schwerer\w*)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:less|fewer|lower|smaller|shorter|lighter|cheaper|narrower|weniger|niedriger\w*|kleiner\w*|billiger\w*"
    r"|g[uü]nstiger\w*|k[uü]rzer\w*|leichter\w*)\b",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:newer|younger|later|more recent\w*|after|neuer\w*|j[uü]nger\w*|sp[aä]ter\w*|nach)\b", re.IGNORECASE
)
_EARLIER = re.compile(r"\b(?:older|earlier|before|longer|[aä]lter\w*|fr[uü]her\w*|vor)\b", re.IGNORECASE)
_NO = r"\b(?:not|no|without|don t|doesn t|aren t|isn t|nicht|kein\w*|ohne|sans|sin)"
_LIST = (
    r"which|who are|list|all|every|everyone|everybody|each|names? of|give me|show me|name the|welche[rsn]?|alle|nenne"
    r"|zeige?|quels|quelles|cu[aá]les|quali"
)
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("mean", re.compile(rf"\b(?:{_MEAN})\b", re.IGNORECASE)),
    ("count", re.compile(rf"\b(?:{_COUNT})\b", re.IGNORECASE)),
    ("sum", re.compile(rf"\b(?:{_SUM})\b", re.IGNORECASE)),
    ("extreme", re.compile(rf"\b(?:{_EXTREME})\b", re.IGNORECASE)),
    ("list", re.compile(rf"\b(?:{_LIST})\b", re.IGNORECASE)),
)
_SEPARATORS = re.compile(r"(?<=\d)[,.'’\u00a0\u202f](?=\d{3}\b)")  # of thousands
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must|ist|sind|hat|haben|darf|kann|gibt"
    r"|est-ce|es|son)\b",
    re.IGNORECASE,
)
_ASKED_KINDLY = re.compile(r"\W*(?:can|could|will|would) you\b", re.IGNORECASE)
_BOUND = re.compile(r"\bat (?:the )?(?:very )?(?:least|most|best|latest)\b|\bau (?:moins|plus)\b", re.IGNORECASE)
"""Words of a limit, which are no superlatives."""
_ANY = re.compile(r"\bany (?:of (?:the|these|those|our|my) )?(\w+)")
_SWEEPING = re.compile(
    rf"{_NO}\b|n['’]t\b|\b(?:all|every|everyone|everybody|each|both|only|never|none|nobody|neither|always|alle[rsn]?|jede[rsn]?|beide"
    r"|nur|tous|toutes|chaque|todos|todas|cada)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:more|less|fewer|[a-z]{2,}er than|than|over|under|above|below|at least|at most|before|after|beyond"
    r"|exceed\w*|mehr|weniger|als|[uü]ber|unter|mindestens|h[oö]chstens|vor|nach|plus|moins|m[aá]s|menos)\b",
    re.IGNORECASE,
)
_LARGE = frozenset("hundred thousand million millions billion mio tausend millionen milliarden mille".split())
_NEUTRAL = frozenset(
    """people person persons employee employees one ones someone anyone everyone everybody all any every each work
    works working worked have has had got get gets take takes took taken make makes made do does done pay pays
    paid cost costs gekostet kostete come comes came place placed give gives gave show shows shown list lists
    name names named tell find say says mean means meaning belong belongs run runs ran go goes went use uses
    used need needs want sell sells sold buy buys bought sit sits live lives stay long much many more less than
    most least number total average sum altogether together overall combined amount single per me my our your
    their he she there now currently current today table sheet file document row rows entry entries column first
    last only still just please kind type what which who when where how between until since before after above
    below up down out off same different whole entire high highest low lowest large largest big biggest small
    smallest expensive cheap cheapest longest short shortest old oldest young youngest early earliest late
    latest best worst top heavy heaviest light lightest fast fastest slow wie viel viele welche welcher welches
    wer was wann wo kostet kosten haben hat gibt es alle ist sind der die das den dem ein eine und von im in mit
    zu auf am insgesamt durchschnittlich heisst bedeutet s t ll re ve fur bei nach hoch hohe uber unter mehr
    weniger nicht kein keine war waren wurde wurden wird werden ich wir sie er man mein unser heute jetzt gerade
    welchen welchem dieses dieser diese le la les des du de un une est sont dans pour avec combien quel quelle
    quels quelles a au aux par sur el los las del una son en para con cuanto cuantos cuantas cual cuales que hay
    il lo gli di che quanti quante quanto don doesn didn isn aren wasn weren won couldn wouldn""".split()
)


@dataclass(frozen=True)
class Asked:
    """What a question asks for."""

    question: str
    kind: Kind
    telling: tuple[str, ...]
    """Words that say what it is about, folded, without those that only say what is to be done."""
    whatever: frozenset[str] = frozenset()
    """Of these the one that says what a row is, "any books", which no column and no cell need say."""

    @property
    def computes(self) -> bool:
        """Tell whether it needs more than one row: no sentence can be expected to state the answer."""
        return self.kind in {"count", "sum", "mean", "extreme"}

    @property
    def is_sweeping(self) -> bool:
        """Tell whether something is asked of all, or denied: single rows that fit do not decide that."""
        return bool(_SWEEPING.search(self.question))

    @property
    def compares(self) -> bool:
        """Tell whether something is more or less than something else."""
        return bool(_COMPARES.search(self.question) or _COMPARATIVE.search(folded(self.question)))

    @property
    def is_about_time(self) -> bool:
        """Tell whether something is the oldest, the newest, the first or the like."""
        return bool(_EARLY.search(self.question) or _LATE.search(self.question))

    def largest(self, *, is_time: bool) -> bool | None:
        """Tell whether the largest of a column is asked for, or the smallest; None where the words do not say."""
        if self.kind != "extreme":
            return None
        up, down = (_LATE, _EARLY) if is_time else (_HIGH, _LOW)
        found = bool(up.search(self.question)), bool(down.search(self.question))
        return found[0] if found[0] != found[1] else None

    def more(self, *, is_time: bool) -> bool | None:
        """Tell whether the first of two is asked to be more than the second, or less; None where nothing says."""
        up, down = (_LATER, _EARLIER) if is_time else (_MORE, _LESS)
        found = bool(up.search(self.question)), bool(down.search(self.question))
        return found[0] if found[0] != found[1] else None


_WORDED = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
_ZEROS = re.compile(r"0{2,}$")


def numbers_said(question: str) -> set[str]:
    """Return the numbers of a question, in digits; of large ones the digits before the zeros, too, if it has words."""
    plain = folded(_SEPARATORS.sub("", question)).split()
    found = {word for word in plain if word.isdigit()} | {_WORDED[word] for word in plain if word in _WORDED}
    if _LARGE & set(plain):
        found |= {"1"}
    return found


def is_said(number: str, question: str) -> bool:
    """Tell whether a question says a number: in digits, in a word, or as "9 million"."""
    said = numbers_said(question)
    whole = number.removesuffix(".0")
    large = bool(_LARGE & set(folded(question).split()))
    return whole in said or (
        large and re.sub(r"\D", "", _ZEROS.sub("", whole)) in {re.sub(r"0+$", "", n) for n in said}
    )


def denies(question: str, head: str) -> bool:
    """Tell whether a question says no to what a column is called, before it: "not first aiders", "without shade"."""
    named = "|".join(re.escape(word[:5]) for word in folded(head).split() if len(word) > 3)
    return bool(named) and bool(re.search(rf"{_NO}(?:\s+\w+){{0,2}}\s+(?:{named})", folded(question)))


def asked(question: str) -> Asked:
    """Return what `question` asks for."""
    plain = folded(_SEPARATORS.sub("", question))
    compared = set(_COMPARATIVE.findall(plain))
    said = [
        word for word in plain.split() if words(word) and word not in _NEUTRAL | compared and not _is_superlative(word)
    ]
    telling = [word for word in said if word not in _LARGE]
    whatever = frozenset(_ANY.findall(plain)) if len(telling) > 2 else frozenset()
    return Asked(question, _kind(_BOUND.sub("", question)), tuple(dict.fromkeys(telling)), whatever)


def _kind(question: str) -> Kind:
    kind = _open_kind(question)
    closed = _YES_OR_NO.match(question) and " or " not in question and not _ASKED_KINDLY.match(question)
    return "check" if closed and kind in {"list", "lookup"} else kind


def _open_kind(question: str) -> Kind:
    superlative = any(map(_is_superlative, folded(question).split()))
    for kind, pattern in _PATTERNS:
        if kind == "list" and superlative:
            return "extreme"
        if pattern.search(question):
            return kind
    return "extreme" if superlative else "lookup"


def _is_superlative(word: str) -> bool:
    return bool(_SUPERLATIVE.fullmatch(word)) and word not in _NO_SUPERLATIVE


def folded(text: str) -> str:
    """Return `text` in small letters without accents, words parted by single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain))

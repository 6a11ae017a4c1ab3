"""A request's words → what is asked for: a fact, a whole document, talk, or another form of the last answer.

Told by words alone, in English, German, French and Spanish, so that it costs nothing: whatever is not clearly something
else is a fact. It does not know documents; which one is meant is told by `rag.answering.naming`, talk by
`rag.answering.talk`.
"""

import re
from dataclasses import dataclass

FACT, SUMMARY, ABOUT, LIST, TIMELINE, COMPARE = "fact", "summary", "about", "list", "timeline", "compare"
EDIT, TALK = "edit", "talk"


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    kind: str = FACT
    subject: str = ""
    """What it is about, in the request's words: "the lease", "towns.xlsx", or nothing."""
    noun: str = ""
    """Of what a list is wanted: "working days"."""
    sides: tuple[str, str] = ("", "")
    """What is compared."""
    lines: int | None = None
    """How many lines or sentences are wanted, where it is said."""
    sure: bool = True
    """Whether the words alone tell; otherwise the documents must bear it out, or it is a fact."""


def _any(*alternatives: str) -> str:
    return f"(?:{'|'.join(alternatives)})"


_POLITE = re.compile(
    _any(
        r"(?:hi|hello|hey|ok|okay|well|so|now|then|and|just|please|pls|quickly|kindly)\b[,!.]?",
        r"(?:can|could|would|will) you\b",
        r"i(?:'d| would) like (?:you to |to (?:have|see|get) )?|i (?:want|need) (?:you to |to (?:have|see|get) )?",
        r"(?:give|show|tell|send|get|make|write|draw up|create|prepare|provide|produce|do)(?: me| us)?\b(?! about)",
        r"let me (?:see|have)|what would be\b",
        r"(?:bitte|kannst du|könntest du|können sie|könnten sie|ich (?:möchte|brauche|hätte gern))\b,?",
        r"(?:gib|geben sie|zeig|zeige|zeigen sie|mach|mache|erstelle|erstellen sie|schreib|schreibe)\b(?: mir| uns)?",
        r"(?:peux-tu|pouvez-vous|pourrais-tu|pourriez-vous|je voudrais|s['’]il (?:te|vous) pla[iî]t)\b,?",
        r"(?:donne|donnez|fais|faites|montre|montrez|dresse|dressez)(?:[- ](?:moi|nous))?\b",
        r"(?:puedes|podrías|puede|podría|por favor|quiero|necesito|dame|deme|haz|hazme|haga|muéstrame)\b,?",
        r"(?:mir|uns|me|nos)\b",
        r"(?:an?|the|some|ein|eine|einen|die|der|das|den|une?|les?|la|un|una|el|los|las)\b",
    )
    + r"\s*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"^(?:of|about|on|from|for|in|to|the|an?|von|vom|der|des|die|das|dem|den|zu|zum|zur|über|aus|du|de|des|la"
    r"|le|les|l['’]"
    r"|del|los|las|el|sur|sobre)\s+|^(?:l['’])",
    re.IGNORECASE,
)
_COUNT = {
    **dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True)),
    **dict(zip("einem zwei drei vier fünf sechs sieben acht neun zehn".split(), range(1, 11), strict=True)),
    **dict(zip("une deux trois quatre cinq six sept huit neuf dix".split(), range(1, 11), strict=True)),
    **dict(zip("una dos tres cuatro cinco seis siete ocho nueve diez".split(), range(1, 11), strict=True)),
    **dict.fromkeys(("a single", "un", "ein"), 1),
}
_LENGTH = re.compile(
    rf"\b(?:in|as|with|auf|mit|en|con)?\s*(?:max(?:imum)?|at most|about|only|just|höchstens)?\s*"
    rf"(\d{{1,2}}|{'|'.join(_COUNT)})\s+(?:\w+ )?"
    r"(?:sentences?|lines?|bullets?|bullet points|points?|sätzen?|satz|zeilen?|punkten?|phrases?|lignes?"
    r"|frases?|líneas?)\b",
    re.IGNORECASE,
)
_BRIEF = re.compile(
    r"\b(?:short|(?<!dem )(?<!den )(?<!der )(?<!des )(?<!im )(?<!ein )brief|briefly|shortly|concise|quick"
    r"|in short|in brief|in a nutshell|in a few words|kurz|kurze"
    r"|kurzen|knapp"
    r"|court|courte|brève|bref|brièvement|en bref|corto|corta|breve|brevemente)\b",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"\b(?:detailed|in detail|long|full|thorough|comprehensive|ausführlich\w*|détaillée?|en détail"
    r"|detallad[oa]|en detalle)\b",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"\b(?:as|in|into|with|als|en|con)\s+(?:bullet points|bullets|a list|key ?points|keywords|stichpunkten?"
    r"|liste|puces|viñetas)\b"
    r"|\b(?:for me|for us|für mich|please|bitte|pour moi|para mí)\b",
    re.IGNORECASE,
)

_WEIGHTY = _any(
    *("key", "main", "most important", "central", "essential", "important", "major", "principal", "core", "chief")
)
_SUMMARY_NOUN = _any(
    r"summar(?:y|ies)|overview|synopsis|recap|gist|digest|abstract|tl;?dr|takeaways?|highlights|essentials",
    rf"{_WEIGHTY} (?:points|ideas|facts|takeaways|messages|contents?|things|statements|aspects|conclusions)",
    r"zusammenfassung|überblick|übersicht|kurzfassung|kernpunkte|hauptpunkte|kernaussagen?|inhaltsangabe",
    r"wichtigsten? (?:punkte|aussagen|inhalte|fakten|dinge)",
    r"résumé|synthèse|points (?:clés?|principaux|essentiels|importants)|idées principales|essentiel",
    r"resumen|síntesis|puntos (?:clave|principales|importantes|esenciales)|ideas principales",
)
_SUMMARY = (
    re.compile(r"(?:summari[sz]e|summari[sz]ing|recap|condense|outline|boil down|sum up)\b(?! of)(.*)"),
    re.compile(r"sum ((?:\S+ ){1,6}?)up\b.*"),
    re.compile(r"(?:fasse?|fassen sie)\b(.*)\bzusammen\b.*|(.*)\bzusammenfassen\b.*"),
    re.compile(
        r"(?:résume[zr]?|synthétise[zr]?|resume|resuma|resúme(?:me|nos|lo)|resumir|sintetiza)\b(?!\s*$|\s+of)(.*)"
    ),
    re.compile(
        r"(?:(?:what(?:'s| is| are| were| was)|which are|was (?:ist|sind)|welches sind|quels? (?:est|sont)"
        r"|cuál(?:es)? (?:es|son)"
        r"|list|name|nenne) )?"
        rf"(?:(?:an?|the|die|der|das|eine?|les?|la|l['’]|un|una|el|los"
        rf"|las) ?)?(?:\w+,? ){{0,2}}?\b{_SUMMARY_NOUN}\b(.*)"
    ),
    re.compile(r"what (?:does|do) (.*?) say,? (?:in short|in brief|in a nutshell|briefly|in a few words)\b.*"),
    re.compile(r"(.{3,80}?),? in (?:a nutshell|a few words|brief)\W*"),
)
_ABOUT = (
    re.compile(r"what (.{1,120}?) (?:is|are|was) (?:all )?about"),
    re.compile(r"what(?:'s| is| are|s| was)? (.{1,120}?) (?:all )?about"),
    re.compile(
        r"what(?:'s| is| are|s)? (?:all |contained |written |stated |there |found )?(?:in|inside|on) (.{1,120}?)"
    ),
    re.compile(r"what (?:does|do) (.{1,120}?) (?:contain|deal with|talk about|say|tell us|tell me)"),
    re.compile(r"what (?:kind|sort|type) of (?:document|file|text|thing|book) is (.{1,120}?)"),
    re.compile(r"(?:describe|explain|about|present|introduce) (.{1,120}?)"),
    re.compile(r"(?:worum|um was) geht(?: es|['’]s) in (.{1,120}?)|wovon (?:handelt|erzählt) (.{1,120}?)"),
    re.compile(r"was (?:ist|steht|enthält|befindet sich)(?: alles)?(?: in| auf)? (.{1,120}?)"),
    re.compile(r"de quoi (?:parle|traite|est-il question dans|s['’]agit-il dans) (.{1,120}?)"),
    re.compile(r"(?:que contient|qu['’]est-ce qu['’]il y a dans|qu['’]y a-t-il dans) (.{1,120}?)"),
    re.compile(r"¿?de qué (?:trata|habla|va|se trata) (.{1,120}?)|¿?qué (?:contiene|hay en) (.{1,120}?)"),
)
_TIMELINE = re.compile(
    _any(
        r"\btime ?lines?\b|\bchronolog(?:y|ies|ical(?:ly)?)\b(?: order| list| overview)?",
        r"\bin (?:the )?(?:order|sequence) of (?:dates?|time)\b|\b(?:in date order|ordered by date"
        r"|sorted by date|by date)\b",
        r"\b(?:sequence|order) of events\b",
        r"\b(?:zeitstrahl|zeitleiste|zeitachse|zeitlicher ablauf|chronologie|chronologisch\w*)\b",
        r"\b(?:frise chronologique|ordre chronologique|cronología|línea (?:de|del) tiempo|orden cronológico)\b",
    ),
    re.IGNORECASE,
)
_FACTUAL = re.compile(
    r"(?:who|whom|whose|when|where|why|how (?:much|many|long|old|far|often)|which|is|are|was|were|do|does|did"
    r"|has|have|wer"
    r"|wann|wo|warum|wie ?viel\w*|qui|quand|où|pourquoi|combien|quién|cuándo|dónde|por qué|cuánt\w+)\b",
    re.IGNORECASE,
)
_LIST = (
    re.compile(r"(?:list|enumerate|itemi[sz]e|list out|lists?)(?: (?:me|all|every|each|the|of|down|up))* (.*)"),
    re.compile(r"(?:complete |full )?list of (?:all |the )*(.*)"),
    re.compile(r"(?:all|every|each)(?: of)?(?: the)? (.*)"),
    re.compile(r"name (?:me )?(?:all|every|each)(?: of)?(?: the)? (.*)"),
    re.compile(r"(?:what|who|which) (?:are|were) all (?:of )?(?:the )?(.*)"),
    re.compile(r"(?:nenne?|nennen sie|liste|zähle?|zählen sie)(?: mir| bitte)*(?: alle[rns]?)? (.*?)(?: auf)?"),
    re.compile(r"(?:alle|sämtliche) (.*)"),
    re.compile(r"(?:liste[zr]?|énumère[zr]?|énumérez|cite[zr]?|nomme[zr]?)(?: tou(?:s|tes))?(?: les| des| de)? (.*)"),
    re.compile(r"(?:tous|toutes) les (.*)"),
    re.compile(r"(?:lista|listar|enumera|enumere|nombra|menciona)(?: tod[oa]s)?(?: los| las| de)* (.*)"),
    re.compile(r"tod[oa]s l[oa]s (.*)"),
)
_SOFT_LIST = (
    re.compile(
        r"(?:what|which) (.{3,60}?) (?:are|were) (?:there |all )?((?:in|on|listed|mentioned|named|contained"
        r"|included)\b.*)"
    ),
    re.compile(r"(?:what|which) (.{3,60}?) (?:does|do|did|should|must|has|have) (.+)"),
    re.compile(r"what are (?:the )?(.{3,60}?) ((?:of|in|from|for|at|on|mentioned|listed|named)\b.+)"),
    re.compile(
        r"(?:welche|quels|quelles|qué|¿qué) (.{3,60}?) ((?:gibt es|stehen|hat|haben|muss|sind|y a-t-il|a|doit"
        r"|il y a|hay|tiene|contiene)\b.*)"
    ),
)
_COMPARE = re.compile(
    r"(?:compare|contrast|comparing|a? ?comparison (?:of|between)|vergleiche?|vergleichen sie|compare[zr]"
    r"|comparez|compara)\b"
    r"(?: (?:of|between|the two|both))?\s+(.+)"
)
_DIFFER = re.compile(
    r"how (?:do|does|did) (.+?) (?:and (.+?) (?:differ|compare)|(?:differ from|compare (?:to|with)) (.+))"
)
_BETWEEN = re.compile(r",? (?:with|to|and|against|versus|vs\.?|mit|und|avec|et|con|y) ", re.IGNORECASE)
_LONGEST_TIMELINE = 160  # characters; who says more asks for something in particular
_QUOTES = "\"'“”„«»‚‘’"


def understand(request: str) -> Request:
    """Return what is asked for by `request`, which is on one line."""
    words = request.strip().rstrip("?!. ").strip()
    lines, words = _length(words)
    plain = _FORM.sub(" ", _unpolite(words))
    low = " ".join(plain.casefold().replace("’", "'").split())
    for find in (_as_timeline, _as_summary, _as_comparison, _as_about, _as_list):
        if found := find(low, " ".join(plain.split())):
            return Request(**{**found.__dict__, "lines": lines})
    return Request()


def _length(words: str) -> tuple[int | None, str]:
    """Return how many lines are wanted, and the request without saying so."""
    if found := _LENGTH.search(words):
        said = found[1].casefold()
        number = int(said) if said.isdigit() else _COUNT[said]
        return max(1, min(20, number)), words[: found.start()] + " " + words[found.end() :]
    lines = 4 if _BRIEF.search(words) else 10 if _FULL.search(words) else None
    return lines, words


def _unpolite(words: str) -> str:
    """Return `words` without what only makes a request polite."""
    while (found := _POLITE.match(words)) and found.end() < len(words):
        words = words[found.end() :].lstrip(" ,")
    return words


def _subject(text: str | None) -> str:
    """Return what a request is about without articles, quotes and remarks on its form."""
    text = _FULL.sub(" ", _BRIEF.sub(" ", text or ""))
    text = " ".join(text.split()).strip(" ,:;-?!.")
    while found := _ARTICLE.match(text):
        text = text[found.end() :]
    return text.strip(_QUOTES + " ,:;-")


def _as_timeline(low: str, _: str) -> Request | None:
    if not (found := _TIMELINE.search(low)) or _FACTUAL.match(low) or len(low) > _LONGEST_TIMELINE:
        return None
    rest = re.sub(
        r"\b(?:go through|walk me through|what happened|events?|dates?|put|bring|sort|list|all|everything"
        r"|of what|with)\b",
        " ",
        low[: found.start()] + " " + low[found.end() :],
    )
    rest = re.sub(r"^(?:what(?:'s| is| was| are)|was ist|quelle est|cuál es)\b", " ", " ".join(rest.split()))
    return Request(TIMELINE, _subject(re.sub(r"(?:^|\s)(?:in|by|as|im|en)$", "", _subject(rest))))


def _as_summary(low: str, _: str) -> Request | None:
    for pattern in _SUMMARY:
        if found := pattern.fullmatch(low):
            return Request(SUMMARY, _subject(next((group for group in found.groups() if group), "")))
    return None


def _as_about(low: str, _: str) -> Request | None:
    for pattern in _ABOUT:
        if found := pattern.fullmatch(low):
            return Request(ABOUT, _subject(next((group for group in found.groups() if group), "")), sure=False)
    return None


def _as_comparison(low: str, plain: str) -> Request | None:
    if found := _COMPARE.fullmatch(low):
        said = plain[-len(found[1]) :] if plain.casefold().endswith(found[1]) else found[1]
        said, _, aspects = said.partition(":")
        sides = _BETWEEN.split(said, 1)
        if len(sides) == 2:
            return Request(COMPARE, aspects.strip(), sides=(_side(sides[0]), _side(sides[1])))
        return Request(COMPARE, _subject(found[1]))
    if found := _DIFFER.fullmatch(low):
        return Request(COMPARE, "", sides=(_subject(found[1]), _subject(found[2] or found[3])), sure=False)
    return None


def _side(text: str) -> str:
    """Return one of two things that are compared, without what is said around it."""
    text = re.sub(
        r"^(?:what|how|was|ce que|lo que)\b|\b(?:said|say|says|told|think|thinks|sagt|sagte|dit|dice)$",
        " ",
        text.strip(),
    )
    return _subject(text)


def _as_list(low: str, _: str) -> Request | None:
    for pattern in _LIST:
        if found := pattern.fullmatch(low):
            noun, rest = _noun(found[1])
            return Request(LIST, rest, noun) if noun else None
    for pattern in _SOFT_LIST:
        if (found := pattern.fullmatch(low)) and not re.match(r"(?:of|is|was|kind|sort|type|time)\b", found[1]):
            noun = _subject(found[1])
            if noun and noun[-1] in "snrexi":  # the plural endings of these languages, more or less
                return Request(LIST, _subject(found[2]), noun, sure=False)
    return None


def _noun(text: str) -> tuple[str, str]:
    """Return what is to be listed, and the rest of the request, which says where and under what condition."""
    if text.startswith(("and ", "or ")):
        return "", ""
    parts = re.split(
        r"\s+(?=(?:of|in|from|for|at|on|that|who|which|mentioned|named|listed|with|whose|where|to|von|in|aus"
        r"|im|der|des|die|dans"
        r"|du|de|que|qui|en|del)\b)",
        text.strip(),
        maxsplit=1,
    )
    return _subject(parts[0]), _subject(parts[1]) if len(parts) > 1 else ""

"""How requests are worded in English, German, French and Spanish. It does not know what is done with them."""

import re


def _any(*alternatives: str) -> str:
    return f"(?:{'|'.join(alternatives)})"


POLITE = re.compile(
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
ARTICLE = re.compile(
    r"^(?:of|about|on|from|for|in|to|the|an?|von|vom|der|des|die|das|dem|den|zu|zum|zur|über|aus|du|de|des|la"
    r"|le|les|l['’]"
    r"|del|los|las|el|sur|sobre)\s+|^(?:l['’])",
    re.IGNORECASE,
)
COUNT = {
    **dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True)),
    **dict(zip("einem zwei drei vier fünf sechs sieben acht neun zehn".split(), range(1, 11), strict=True)),
    **dict(zip("une deux trois quatre cinq six sept huit neuf dix".split(), range(1, 11), strict=True)),
    **dict(zip("una dos tres cuatro cinco seis siete ocho nueve diez".split(), range(1, 11), strict=True)),
    **dict.fromkeys(("a single", "un", "ein"), 1),
}
LENGTH = re.compile(
    rf"\b(?:in|as|with|auf|mit|en|con)?\s*(?:max(?:imum)?|at most|about|only|just|höchstens)?\s*"
    rf"(\d{{1,2}}|{'|'.join(COUNT)})\s+(?:\w+ )?"
    r"(?:sentences?|lines?|bullets?|bullet points|points?|sätzen?|satz|zeilen?|punkten?|phrases?|lignes?"
    r"|frases?|líneas?)\b",
    re.IGNORECASE,
)
BRIEF = re.compile(
    r"\b(?:short|(?<!dem )(?<!den )(?<!der )(?<!des )(?<!im )(?<!ein )brief|briefly|shortly|concise|quick"
    r"|in short|in brief|in a nutshell|in a few words|kurz|kurze"
    r"|kurzen|knapp"
    r"|court|courte|brève|bref|brièvement|en bref|corto|corta|breve|brevemente)\b",
    re.IGNORECASE,
)
FULL = re.compile(
    r"\b(?:detailed|in detail|long|full|thorough|comprehensive|ausführlich\w*|détaillée?|en détail"
    r"|detallad[oa]|en detalle)\b",
    re.IGNORECASE,
)
FORM = re.compile(
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
SUMMARIES = (
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
    re.compile(r"what do ((?:all |the |these |my |both )*(?:documents|files|texts|papers|notes)) have in common"),
    re.compile(r"what (?:does|do) (.*?) say,? (?:in short|in brief|in a nutshell|briefly|in a few words)\b.*"),
    re.compile(r"(.{3,80}?),? in (?:a nutshell|a few words|brief)\W*"),
)
DESCRIPTIONS = (
    re.compile(r"what (.{1,120}?) (?:is|are|was) (?:all )?about"),
    re.compile(r"what(?:'s| is| are|s| was)? (.{1,120}?) (?:all )?about"),
    re.compile(
        r"what(?:'s| is| are|s)? (?:all |contained |written |stated |there |found )?(?:in|inside|on) (.{1,120}?)"
    ),
    re.compile(r"what (?:does|do) (.{1,120}?) (?:contain|deal with|talk about|say|tell us|tell me)"),
    re.compile(r"what (?:kind|sort|type) of (?:document|file|text|thing|book) is (.{1,120}?)"),
    re.compile(r"(?:describe|explain|about|present|introduce) (.{1,120}?)"),
    re.compile(r"(?:worum|um was) geht(?: es|['’]s) i[nm] (.{1,120}?)|wovon (?:handelt|erzählt) (.{1,120}?)"),
    re.compile(r"was (?:ist|steht|enthält|befindet sich)(?: alles)?(?: in| auf)? (.{1,120}?)"),
    re.compile(r"de quoi (?:parle|traite|est-il question dans|s['’]agit-il dans) (.{1,120}?)"),
    re.compile(r"(?:que contient|qu['’]est-ce qu['’]il y a dans|qu['’]y a-t-il dans) (.{1,120}?)"),
    re.compile(r"¿?de qué (?:trata|habla|va|se trata) (.{1,120}?)|¿?qué (?:contiene|hay en) (.{1,120}?)"),
)
IN_ORDER = re.compile(
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
FACTUAL = re.compile(
    r"(?:who|whom|whose|when|where|why|how (?:much|many|long|old|far|often)|which|is|are|was|were|do|does|did"
    r"|has|have|wer"
    r"|wann|wo|warum|wie ?viel\w*|qui|quand|où|pourquoi|combien|quién|cuándo|dónde|por qué|cuánt\w+)\b",
    re.IGNORECASE,
)
LISTS = (
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
PERHAPS_LISTS = (
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
COUNTS = (
    re.compile(r"how many (.{3,60}?) (?:are|were) (?:there|mentioned|named|listed|described)(?: (.+))?"),
    re.compile(r"how many (.{3,60}?) does (.+?) (?:have|contain|list|mention|name|describe)"),
    re.compile(r"wie ?viele (.{3,60}?) (?:gibt es|werden|stehen|hat|enthält|nennt)(?: (.+?))?(?: genannt| erwähnt)?"),
    re.compile(r"combien (?:de |d['’])(.{3,60}?) (?:y a-t-il|sont (?:cité|mentionné|nommé)e?s)(?: (.+))?"),
    re.compile(r"¿?cuánt[oa]s (.{3,60}?) (?:hay|se mencionan|aparecen)(?: (.+))?"),
)
COMPARISON = re.compile(
    r"(?:compare|contrast|comparing|a? ?comparison (?:of|between)|vergleiche?|vergleichen sie|compare[zr]"
    r"|comparez|compara)\b"
    r"(?: (?:of|between|the two|both))?\s+(.+)"
)
DIFFERENCES = (
    re.compile(r"how (?:do|does|did) (.+?) (?:and (.+?) (?:differ|compare)|(?:differ from|compare (?:to|with)) (.+))"),
    re.compile(r"(?:what(?:'s| is| are) )?(?:the )?(?:main |big )?differences? between (.+?) and (.+)"),
    re.compile(r"how (?:is|are) (.+?) (?:and (.+?) different|different from (.+))"),
    re.compile(r"(?:was|worin) (?:ist|sind|besteht) der unterschiede? zwischen (.+?) und (.+)"),
)
DIFFERENCE_OF_TWO = re.compile(
    r"(?:how do (?:the )?(?:two|both) (.+?) (?:differ|compare)"
    r"|(?:what(?:'s| is| are) )?(?:the )?(?:main |big )?differences? between (?:the )?(?:two|both) (.+?))"
)
TWO = re.compile(r"^(?:(?:the|these|those|both|two|2|die|beiden|zwei|les|deux|los|dos)\b\s*)+", re.IGNORECASE)
OF_TWO = re.compile(
    r"(.+?) (?:of|in|from|von|der|de|des) (?:(?:the|den|les|los) )?(?:two|both|beiden|zwei|deux|dos) (.+)"
)
SAYING = re.compile(
    r"\b(?:said|say|says|told|think|thinks|thought|wrote|write|writes|sagt|sagte|sagten|sagen|dit|disent|dice|dicen)$",
    re.IGNORECASE,
)
ASPECTS = re.compile(
    r"(?:\bsaid |\bsay |\bthinks? |\bwrote )?\b(?:about|regarding|concerning|in terms of|with respect to"
    r"|with regard to|when it comes to"
    r"|hinsichtlich|in bezug auf|was .{1,30} angeht|en cuanto a|quant à)\b",
    re.IGNORECASE,
)
DOCUMENTS = re.compile(
    r"(?:(?:what|which) (?:documents?|files?)\b.*\b(?:there|have|know|loaded|indexed|available|see|read|access"
    r"|here|folder)\b.*"
    r"|(?:list )?(?:all |every |each |my |your |the |of )*(?:documents|files)(?: (?:there are|you have"
    r"|you know|in (?:the|this|my) folder))?"
    r"|welche (?:dokumente|dateien)\b.*(?:gibt es|hast du|haben sie|kennst du|da)\b.*|(?:nenne "
    r"|liste )?(?:alle )?(?:dokumente|dateien)(?: auf)?"
    r"|quels (?:documents|fichiers)\b.*|¿?qué (?:documentos|archivos)\b.*(?:hay|tienes)\b.*)"
)
BY_HOW_MUCH = (
    re.compile(
        r"(?:which|who|what) (.*?\b(?:\w+er|more|less|better"
        r"|worse)\b.*?)[,:] (.+?) or (.+?),? (?:and )?by how much\b.*"
    ),
    re.compile(r"how much (\w+er|more \w+|less \w+|more|less) (?:is|are|was|were|does|do|did) (.+?) than (.+)"),
)
BETWEEN = re.compile(r",? (?:with|to|and|against|versus|vs\.?|mit|und|avec|et|con|y) ", re.IGNORECASE)

"""Words by which people say what they want of a table, in some languages. It does not know tables."""

import re

COUNT = (
    r"how many|(?:^|the |total |overall |a )number of|count (?:of|the)|how often|wie ?viele|anzahl|combien"
    r"|cu[aá]nt[oa]s|quant[ie]"
)
SUM = (
    r"(?:in )?total(?:s|led)?|altogether|in all|all in all|sum|add(?:s|ed)? up|come to|came to|together|combined"
    r"|overall|insgesamt|zusammen|summe|gesamt\w*|au total|en total|in totale"
)
MEAN = r"average|averages|mean value|on average|median|durchschnitt\w*|im schnitt|mittelwert|moyenne|promedio|media"
EXTREME = (
    r"most|least|fewest|best|worst|top|bottom|maximum|minimum|max|min|first|latest|last one|last(?=\W*$)"
    r"|rank(?:ed|ing)?"
    r"|meisten|wenigsten|le plus|la plus|el m[aá]s|la m[aá]s|(?:h[oö]ch|gr[oö][sß]|klein|teuer|billig|g[uü]nstig"
    r"|l[aä]ng|k[uü]rze|[aä]lte|j[uü]ng|niedrig|schwer|leicht|schnell)s?te[nrsm]?"
)
EXTREME_WORD = re.compile(EXTREME, re.IGNORECASE)
SUPERLATIVE = re.compile(r"[a-z]{2,}est")
NO_SUPERLATIVE = frozenset(
    "interest test rest west guest request forest harvest contest protest honest invest dest quest nest pest vest "
    "chest budapest suggest arrest modest digest manifest breakfast crest bequest conquest southwest northwest".split()
)
COMPARATIVE = re.compile(
    r"\b[a-z]{2,}er(?= than\b)|\b(?:cheap|low|high|larg|bigg|small|long|short|old|young|earli|lat|fast|slow|heavi|light"
    r"|great|few|dear|near|deep|tall|wid)er\b"
)
EARLY = re.compile(r"\b(?:longest|oldest|earliest|first|[aä]lteste\w*|l[aä]ngste\w*|zuerst|erste\w*)\b", re.I)
LATE = re.compile(r"\b(?:newest|latest|youngest|last|most recent\w*|shortest|neueste\w*|j[uü]ngste\w*|zuletzt)\b", re.I)
HIGH = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|longest|heaviest|dearest|priciest|maximum|max|top|meisten|h[oö]chste\w*"
    r"|gr[oö][sß]+te\w*|teuerste\w*|l[aä]ngste\w*)\b",
    re.IGNORECASE,
)
LOW = re.compile(
    r"\b(?:least|lowest|smallest|fewest|cheapest|shortest|lightest|minimum|min|bottom|wenigsten|niedrigste\w*"
    r"|kleinste\w*|billigste\w*|g[uü]nstigste\w*|k[uü]rzeste\w*)\b",
    re.IGNORECASE,
)
MORE = re.compile(
    r"\b(?:more|higher|larger|bigger|greater|longer|heavier|dearer|pricier|taller|deeper|wider|mehr|h[oö]her\w*|gr[oö][sß]+er\w*"
    r"|teurer\w*|l[aä]nger\w*|schwerer\w*)\b",
    re.IGNORECASE,
)
LESS = re.compile(
    r"\b(?:less|fewer|lower|smaller|shorter|lighter|cheaper|narrower|weniger|niedriger\w*|kleiner\w*|billiger\w*"
    r"|g[uü]nstiger\w*|k[uü]rzer\w*|leichter\w*)\b",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\b(?:newer|younger|later|more recent\w*|after|neuer\w*|j[uü]nger\w*|sp[aä]ter\w*|nach)\b", re.IGNORECASE
)
EARLIER = re.compile(r"\b(?:older|earlier|before|longer|[aä]lter\w*|fr[uü]her\w*|vor)\b", re.IGNORECASE)
NO = r"\b(?:not|no|without|don t|doesn t|aren t|isn t|nicht|kein\w*|ohne|sans|sin)"
LIST = (
    r"which|who are|list|all|every|everyone|everybody|each|names? of|give me|show me|name the|welche[rsn]?|alle|nenne"
    r"|zeige?|quels|quelles|cu[aá]les|quali"
)
SEPARATORS = re.compile(r"(?<=\d)[,.'’\u00a0\u202f](?=\d{3}\b)")  # of thousands
YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must|ist|sind|hat|haben|darf|kann|gibt"
    r"|est-ce|es|son)\b",
    re.IGNORECASE,
)
ASKED_KINDLY = re.compile(r"\W*(?:can|could|will|would) you\b", re.IGNORECASE)
BOUND = re.compile(r"\bat (?:the )?(?:very )?(?:least|most|best|latest)\b|\bau (?:moins|plus)\b", re.IGNORECASE)
"""Words of a limit, which are no superlatives."""
WHO = re.compile(
    r"\b(?:who|whom|whose|(?:any|some|every)(?:one|body)|wer|wem|wen|wessen|jemand|qui|qui[eé]n(?:es)?|alguien|chi)\b",
    re.IGNORECASE,
)
EITHER = re.compile(r"\b(?:more|less|fewer|[a-z]{2,}er)\b.*\w,? or \w", re.IGNORECASE)
"""Which of two is more: the first of them by what is compared."""
ANY = re.compile(r"\bany (?:of (?:the|these|those|our|my) )?(\w+)")
SWEEPING = re.compile(
    rf"{NO}\b|n['’]t\b|\b(?:all|every|everyone|everybody|each|both|only|never|none|nobody|neither|always|alle[rsn]?|jede[rsn]?|beide"
    r"|nur|tous|toutes|chaque|todos|todas|cada)\b",
    re.IGNORECASE,
)
COMPARES = re.compile(
    r"\b(?:more|less|fewer|[a-z]{2,}er than|than|over|under|above|below|at least|at most|before|after|beyond"
    r"|exceed\w*|mehr|weniger|als|[uü]ber|unter|mindestens|h[oö]chstens|vor|nach|plus|moins|m[aá]s|menos)\b",
    re.IGNORECASE,
)
LARGE = frozenset("hundred thousand million millions billion mio tausend millionen milliarden mille".split())
NEUTRAL = frozenset(
    """people person persons employee employees one ones someone anyone everyone everybody all any every each work
    works working worked have has had got get gets take takes took taken make makes made do does done pay pays
    paid earn earns earned cost costs gekostet kostete come comes came place placed give gives gave show shows shown
    list lists name names named tell find say says mean means meaning belong belongs run runs ran go goes went use uses
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
    deep tall wide broad thick thin hot cold warm far near strong weak loud hard soft tief breit dick weit warm kalt
    il lo gli di che quanti quante quanto don doesn didn isn aren wasn weren won couldn wouldn""".split()
)

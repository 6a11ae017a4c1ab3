"""Greetings, thanks and questions about the program itself → a reply at once. No model, no index, no sources.

Only what is talk and nothing else counts: a request that goes on behind a greeting is no talk.
"""

import re
from collections.abc import Sequence

_TALK: dict[str, dict[str, str]] = {
    "greeting": {
        "en": r"(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings)(?: there| again"
        r"| everyone| all)?"
        r"|(?:how are you|how(?:'s| is) it going|what'?s up)(?: today| doing)?"
        r"|(?:nice|pleased|good|great) to (?:meet|see) you(?: too)?",
        "de": r"(?:hallo|guten (?:tag|morgen|abend)|servus|moin|grüß gott|grüezi|na)(?: zusammen)?"
        r"|wie geht(?: es|'s) (?:dir|ihnen)",
        "fr": r"(?:bonjour|bonsoir|salut|coucou)(?: à tous)?|(?:comment )?ça va|comment allez-vous",
        "es": r"(?:hola|buenos días|buenas(?: tardes| noches)?)|(?:cómo|como) estás?|qué tal",
    },
    "thanks": {
        "en": r"(?:many |ok(?:ay)? |great |perfect |no )?(?:thanks|thank you|thx|ty|cheers)(?: (?:a lot"
        r"|so much|very much|again|you|bye|for (?:your|the) (?:help|answer)"
        r"|that helps|that helped|that's (?:great|helpful|all|perfect)|great|perfect|very helpful"
        r"|much appreciated|this helps|good to know|that's good to know|that is all))*"
        r"|(?:that (?:helps|helped)|very helpful|much appreciated|great|perfect|super|cool|nice|good|awesome"
        r"|excellent|ok|okay|fine|alright|got it"
        r"|i see|understood|well done|good job|wonderful|great answer|good answer|never ?mind)(?: (?:thanks"
        r"|thank you|then|job))*",
        "de": r"(?:vielen |besten |herzlichen |super |ok |gut )?(?:dank|danke)(?: (?:schön|sehr|dir|ihnen"
        r"|vielmals|für die hilfe|das hilft|das war hilfreich))*|(?:alles klar|in ordnung|verstanden|prima"
        r"|toll|das hilft)",
        "fr": r"(?:super |ok |d'accord )?merci(?: (?:beaucoup|bien|à vous|à toi|pour votre aide"
        r"|c'est parfait))*|(?:parfait|d'accord|très bien)",
        "es": r"(?:muchas |mil )?gracias(?: (?:por todo|por la ayuda|por tu ayuda|eso ayuda))*|(?:perfecto"
        r"|vale|de acuerdo|muy bien)",
    },
    "bye": {
        "en": r"(?:good ?bye|bye(?: bye)?|see you(?: later| soon)?|good night|have a (?:nice|good) (?:day"
        r"|evening|weekend))(?: then)?",
        "de": r"(?:auf wiedersehen|tschüss?|bis (?:bald|später|morgen)|gute nacht|schönen (?:tag|abend)(?: noch)?)",
        "fr": r"(?:au revoir|à bientôt|à demain|bonne (?:nuit|journée|soirée))",
        "es": r"(?:adiós|adios|hasta (?:luego|pronto|mañana)|buenas noches)",
    },
    "who": {
        "en": r"(?:who|what) are you(?: exactly| really| then)?|what(?:'s| is) your name|(?:are you"
        r"|is this) (?:an? )?(?:ai|robot|bot|human|person|machine|chatgpt|real person|program|language model)"
        r"|who (?:made|built|created|wrote|developed) you|introduce yourself|tell me about yourself"
        r"|what (?:model|program|ai) (?:are you|is this)|who am i (?:talking|speaking|chatting) (?:to|with)"
        r"|what is this program",
        "de": r"wer (?:bist du|sind sie)|was bist du|wie hei(?:ß|ss)t du|wie hei(?:ß|ss)en sie"
        r"|bist du (?:ein )?(?:roboter|mensch|ki|eine ki)",
        "fr": r"(?:qui|que) (?:es-tu|êtes-vous)|(?:tu es|vous êtes) qui|c'est quoi ton nom"
        r"|comment (?:t'appelles-tu|tu t'appelles|vous appelez-vous)",
        "es": r"qui[eé]n eres|qu[eé] eres|c[oó]mo te llamas|eres (?:un )?(?:robot|humano|una ia)",
    },
    "able": {
        "en": r"(?:help|help me|how do (?:you|i use (?:you|this)) work|how does (?:this|it|that) work"
        r"|how do i use (?:this|you|it))"
        r"|(?:what|how) (?:can|could|do) (?:you|u) (?:do|help|know|help (?:me )?with|do for me|help me"
        r"|offer)(?: (?:me|here|with|exactly))*|what are you able to do|what are you (?:good )?for"
        r"|what (?:can|could|should|may) i (?:ask|do|ask you|ask you about|ask here|do here)|what (?:questions"
        r"|things|kind of questions) can i ask(?: you)?|can you help(?: me)?|i need help"
        r"|(?:do|can) you (?:speak|understand) \w+",
        "de": r"hilfe|was kannst du(?: alles| denn)*(?: tun| machen)?|was können sie(?: tun)?"
        r"|wie funktionierst du|wie funktioniert (?:das|es)|was kann ich (?:dich |hier |sie )*fragen"
        r"|kannst du (?:mir )?helfen|sprichst du \w+",
        "fr": r"aide|que (?:peux-tu|pouvez-vous|sais-tu) faire|qu'est-ce que tu (?:peux|sais) faire"
        r"|comment (?:ça marche|tu fonctionnes)|peux-tu m'aider",
        "es": r"ayuda|qu[eé] (?:puedes|sabes) hacer|c[oó]mo funciona(?:s)?|puedes ayudarme"
        r"|qu[eé] puedo preguntar(?:te)?",
    },
}
_FORMS = {(kind, language): re.compile(form) for kind, forms in _TALK.items() for language, form in forms.items()}
_FILLER = re.compile(r"(?:oh|ah|well|wow|ok|okay|and|so|yes|no|yeah|hi|hello|hey|rag|please|um|hm+)\b ?")
_SAID = {
    ("greeting", "en"): "Hello! {what}",
    ("greeting", "de"): "Hallo! {what}",
    ("greeting", "fr"): "Bonjour ! {what}",
    ("greeting", "es"): "¡Hola! {what}",
    ("thanks", "en"): "You are welcome. Ask on whenever you like.",
    ("thanks", "de"): "Gern geschehen. Fragen Sie einfach weiter.",
    ("thanks", "fr"): "Je vous en prie. Posez une autre question quand vous voulez.",
    ("thanks", "es"): "De nada. Pregunte lo que quiera.",
    ("bye", "en"): "Goodbye!",
    ("bye", "de"): "Auf Wiedersehen!",
    ("bye", "fr"): "Au revoir !",
    ("bye", "es"): "¡Hasta luego!",
    ("who", "en"): "I am a program on your own computer that answers from your documents; nothing you ask "
        "leaves it. {what}",
    ("who", "de"): "Ich bin ein Programm auf Ihrem eigenen Computer, das aus Ihren Dokumenten antwortet; "
        "nichts davon geht hinaus. {what}",
    ("who", "fr"): "Je suis un programme sur votre ordinateur qui répond à partir de vos documents ; rien n'en "
        "sort. {what}",
    ("who", "es"): "Soy un programa en su propio ordenador que responde a partir de sus documentos; nada sale "
        "de él. {what}",
    ("able", "en"): "{what} I can answer questions, summarize a document, say what it is about, list things, "
        "make a timeline, "
    "and compare two things. Each line shows the sentences it rests on, and where the documents do not say, I "
    "say so.",
    ("able", "de"): "{what} Ich kann Fragen beantworten, ein Dokument zusammenfassen, Dinge auflisten, eine "
        "Zeitleiste machen "
    "und zwei Dinge vergleichen. Zu jeder Zeile stehen die Sätze, auf denen sie beruht.",
    ("able", "fr"): "{what} Je peux répondre à des questions, résumer un document, dresser des listes, une "
        "chronologie, et comparer "
    "deux choses. Chaque ligne montre les phrases sur lesquelles elle repose.",
    ("able", "es"): "{what} Puedo responder preguntas, resumir un documento, hacer listas, una cronología y "
        "comparar dos cosas. "
    "Cada línea muestra las frases en que se basa.",
}  # fmt: skip
_WHAT = {
    "en": ("There are no documents to answer from yet.", "Ask me about {names}."),
    "de": ("Es gibt noch keine Dokumente, aus denen ich antworten könnte.", "Fragen Sie mich etwas zu {names}."),
    "fr": ("Il n'y a pas encore de documents.", "Posez-moi une question sur {names}."),
    "es": ("Todavía no hay documentos.", "Pregúnteme algo sobre {names}."),
}
_MORE = {"en": "and {n} more", "de": "und {n} weiteren", "fr": "et {n} autres", "es": "y {n} más"}
_THANKS = re.compile(r"\b(?:(thanks|thank you|thx)|(danke|dankeschön)|(merci)|(gracias))\b")
_ASKING = re.compile(
    r"\b(?:what|who|whose|when|where|why|how|which|can|could|does|do|did|is there|are there|should"
    r"|summari[sz]e|list|compare"
    r"|show|give|tell|explain|find|but|wer|wann|wo|warum|wie|welche\w*|qui|que|quand|où|comment|qué|quién"
    r"|cuándo|dónde|cómo)\b"
)
_SHOWN = 3  # documents named
_LONGEST = 80  # characters of talk


def talk(question: str) -> tuple[str, str] | None:
    """Return what kind of talk `question` is, and its language; None where it is none."""
    if len(question) > _LONGEST:
        return None
    plain = question.lower()
    if (found := _THANKS.search(plain)) and "?" not in plain and not _ASKING.search(plain):
        return "thanks", ("en", "de", "fr", "es")[(found.lastindex or 1) - 1]
    said = re.sub(r"[^\w'ß-]+", " ", question.lower().replace("’", "'")).strip()
    while said:
        for which, form in _FORMS.items():
            if form.fullmatch(said):
                return which
        shorter = said[found.end() :] if (found := _FILLER.match(said)) else said
        if shorter == said:
            return None
        said = shorter
    return None


def reply(kind: str, language: str, titles: Sequence[str]) -> str:
    """Return what is said to talk of a kind in a language, over documents with these titles."""
    none, some = _WHAT[language]
    names = ", ".join(f"“{title}”" for title in titles[:_SHOWN])
    if len(titles) > _SHOWN:
        names += " " + _MORE[language].format(n=len(titles) - _SHOWN)
    return _SAID[kind, language].format(what=some.format(names=names) if titles else none)

"""Text → the words that carry its meaning, for comparing texts. It does not know what is compared."""

import re
import unicodedata
from functools import lru_cache

from rag.documents.dates import MONTHS

WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_STEM = 6  # letters
_STOP = frozenset(
    "a an the of in on at to for from by with and or but as is are was were be been being has have had do does did it "
    "its this that these those he she they his her their him them who whom whose which what when where why how there "
    "than then so such not no nor into about over under also can could may might will would shall should i you we "
    "according passage passages document documents question answer".split()
)
_NUMBERS = {
    2: "two zwei deux", 3: "three drei trois", 4: "four vier quatre cuatro", 5: "five funf cinq cinco",
    6: "six sechs seis", 7: "seven sieben siete", 8: "eight acht huit ocho", 9: "nine neun neuf nueve",
    10: "ten zehn dix diez", 11: "eleven onze", 12: "twelve zwolf douze doce", 13: "thirteen dreizehn treize trece",
    14: "fourteen vierzehn quatorze catorce", 15: "fifteen funfzehn quinze quince", 16: "sixteen sechzehn dieciseis",
    17: "seventeen siebzehn", 18: "eighteen achtzehn", 19: "nineteen neunzehn", 20: "twenty zwanzig vingt veinte",
    30: "thirty dreissig dreißig trente treinta", 40: "forty vierzig quarante cuarenta",
    50: "fifty funfzig cinquante cincuenta", 60: "sixty sechzig soixante sesenta", 70: "seventy siebzig setenta",
    80: "eighty achtzig ochenta", 90: "ninety neunzig noventa",
}  # fmt: skip
"""Numbers in words, folded, in some languages; none that is another word elsewhere ("one", "once", "sept")."""


def words(text: str) -> list[str]:
    """Return the words that carry meaning: case and accents folded, numbers without separators, no stop words.

    Numbers in words are digits ("ten", "zehn": 10), and months have their English names, so that texts in several
    languages compare. Scripts written without spaces give pairs of characters.
    """
    found: list[str] = []
    for word in WORD.findall(text):
        if word[0].isdigit():
            found.append(_number(word))
        elif _UNSPACED.search(word):
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        elif (folded := _fold(word)) not in _STOP:
            found.append(folded)
    return found


def _number(word: str) -> str:
    """Return a number without separators of thousands and without zeros at the end: 1,780 is 1780, and 5.70 is 5.7."""
    plain = word.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", word) else word
    return plain.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@lru_cache(maxsize=50_000)
def _fold(word: str) -> str:
    folded = _plain(word).removesuffix("'s")
    return _SAME.get(folded, folded)


def stems(text: str) -> set[str]:
    """Return the beginnings of the words of `text`: "seizing", "seized" and "seizure" are alike.

    Cut after six characters, which serves many languages about as well as a stemmer of each (McNamee and Mayfield,
    Information Retrieval 2004).
    """
    return {_stem(word) for word in words(text)}


def _stem(word: str) -> str:
    beginning = word[:_STEM]
    return beginning[:-1] if len(beginning) > 3 and beginning[-1] == "s" else beginning  # a plural, in many languages


def names(text: str) -> set[str]:
    """Return the names and numbers of `text`: capitalised words that do not begin it, and digits."""
    found = set()
    for match in WORD.finditer(text):
        word = match.group()
        if word[0].isdigit() or (word[0].isupper() and text[: match.start()].strip(" \"'“‘(«¿¡")):
            found.update(words(word))
    return found


_MONTH_NAMES = "january february march april may june july august september october november december".split()
_SAME = {_plain(word): str(number) for number, said in _NUMBERS.items() for word in said.split()} | {
    _plain(name): _MONTH_NAMES[number - 1] for name, number in MONTHS.items()
}
"""What a folded word is taken for."""

"""Text → the words that carry its meaning, for comparing texts. It does not know what is compared."""

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_STEM = 6  # letters
_STOP = frozenset(
    "a an the of in on at to for from by with and or but as is are was were be been being has have had do does did it "
    "its this that these those he she they his her their him them who whom whose which what when where why how there "
    "than then so such not no nor into about over under also can could may might will would shall should i you we "
    "according passage passages document documents question answer".split()
)


def words(text: str) -> list[str]:
    """Return the words that carry meaning: case and accents folded, numbers without separators, no stop words.

    Scripts written without spaces give pairs of characters.
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


@lru_cache(maxsize=50_000)
def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    folded = "".join(character for character in decomposed if not unicodedata.combining(character))
    return folded.removesuffix("'s")


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

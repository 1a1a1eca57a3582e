"""English word stems, so that `refunds` finds `refunded`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from whoosh.lang.snowball.english import EnglishStemmer

_SHORTEST = 3
_LONGEST = 40

# Words that the algorithm would join with others of a different meaning.
_EXCEPTIONS = {
    "university": "university",
    "universities": "university",
    "universal": "universal",
    "organ": "organ",
    "organs": "organ",
    "organization": "organiz",
    "organizations": "organiz",
    "organisation": "organiz",
    "organisations": "organiz",
    "organize": "organiz",
    "organise": "organiz",
    "policy": "policy",
    "policies": "policy",
    "news": "news",
}

# Too frequent to find anything by; kept in the index for phrases.
_COMMON = (
    "a an and are as at be been but by can could did do does for from had has have he her his how i"
    " if in into is it its me my no nor not of on or our shall she should so such that the their them"
    " then there these they this to was we were what when where which who why will with would you your"
)
STOP_WORDS = frozenset(_COMMON.split())

_stemmer: Any = EnglishStemmer()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a casefolded word; words that are not plain English letters stay as they are."""
    if not (_SHORTEST <= len(word) <= _LONGEST and word.isascii() and word.isalpha()):
        return word
    known = _EXCEPTIONS.get(word)
    return known if known is not None else str(_stemmer.stem(word))

"""Dictionary forms of Korean verbs by rule, where there is no morphology: 더워요, 덥네요 and 더운 are 덥다."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

_FIRST, _VOWELS, _FINALS = 0xAC00, 21, 28
_NIEUN, _MIEUM, _BIEUP, _SSANGSIOT = 4, 16, 17, 20
_A, _EO, _YEO, _O, _WA, _U, _WO, _EU, _I = 0, 4, 6, 8, 9, 13, 14, 18, 20
_IEUNG = 11
# Endings that follow the stem as it is; those of one syllable end many nouns too.
_ENDINGS = """습니다 습니까 겠습니다 는데요 거든요 잖아요 자마자 겠어요 는데 네요 나요 지만 지요 더니 도록 거나
는지 던데 세요 려고 으면 고 지 기 게 는 던 면 네 죠 다 음"""
_DIRECT = tuple(_ENDINGS.split())
# Endings that follow the stem with 아 or 어, which melts into it.
_MELTED = ("어요", "아요", "어서", "아서", "어도", "아도", "요", "서", "도", "야", "다", "어", "아", "")
_WHOLE = 2


def _parts(syllable: str) -> tuple[int, int, int]:
    lead, rest = divmod(ord(syllable) - _FIRST, _VOWELS * _FINALS)
    return lead, *divmod(rest, _FINALS)


def _made(lead: int, vowel: int, final: int = 0) -> str:
    return chr(_FIRST + (lead * _VOWELS + vowel) * _FINALS + final)


def _with_bieup(stem: str) -> str | None:
    """도 becomes 돕: the stem whose ㅂ turned into 오 or 우."""
    lead, vowel, final = _parts(stem[-1])
    return stem[:-1] + _made(lead, vowel, _BIEUP) if final == 0 else None


def _unmelted(word: str) -> Iterator[str]:
    """The stems of a word that ends in a melted 아 or 어."""
    before, (lead, vowel, final) = word[:-1], _parts(word[-1])
    if final:
        return
    if vowel == _YEO:
        yield before + _made(lead, _I)
    elif vowel in (_WA, _WO):
        softened = _with_bieup(before) if lead == _IEUNG and before else None
        if softened:
            yield softened
        yield before + _made(lead, _O if vowel == _WA else _U)
    elif vowel in (_EO, _A) and lead != _IEUNG:
        yield before + _made(lead, _EU)
        if vowel == _A:
            yield word


def _melted(word: str) -> Iterator[str]:
    for ending in _MELTED:
        if not word.endswith(ending) or len(word) <= len(ending):
            continue
        rest = word[: len(word) - len(ending)]
        lead, vowel, final = _parts(rest[-1])
        if final == _SSANGSIOT:
            rest, final = rest[:-1] + _made(lead, vowel), 0
            if rest[-1] in "어아" and len(rest) > 1:
                yield rest[:-1]
                return
        elif ending in ("", "다", "서", "도", "야"):
            continue
        if ending in ("어요", "아요") and final:
            yield rest
        yield from _unmelted(rest)
        return


def _shortened(word: str) -> Iterator[str]:
    """The stems of 느린, 느림, 느립니다 and 더운."""
    polite = word.endswith(("니다", "니까")) and len(word) > _WHOLE
    rest = word[:-2] if polite else word
    lead, vowel, final = _parts(rest[-1])
    if final not in ((_BIEUP,) if polite else (_NIEUN, _MIEUM)):
        return
    bare = rest[:-1] + _made(lead, vowel)
    if bare[-1] == "우" and len(bare) > 1:
        softened = _with_bieup(bare[:-1])
        if softened:
            yield softened
    elif polite or (len(bare) >= _WHOLE and vowel == _I):
        yield bare


def _direct(word: str) -> Iterator[str]:
    for ending in _DIRECT:
        if word.endswith(ending) and len(word) > len(ending):
            rest = word[: -len(ending)]
            if len(ending) >= _WHOLE or len(rest) >= _WHOLE:
                lead, vowel, final = _parts(rest[-1])
                if final == _SSANGSIOT:
                    yield from _melted(rest[:-1] + _made(lead, vowel, final) + "다")
                else:
                    yield rest
            return


@lru_cache(maxsize=50_000)
def dictionary_forms(word: str) -> tuple[str, ...]:
    """The verbs a Hangul word may be a form of, with 다 at the end; none when no ending is known."""
    if len(word) < _WHOLE:
        return ()
    stems = (*_direct(word), *_melted(word), *_shortened(word))
    return tuple(f"{stem}다" for stem in dict.fromkeys(stems) if stem and not stem.endswith(("하", "되", "해")))

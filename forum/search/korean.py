"""Takes particles and endings off Korean words by rule, where there is no morphological analyser."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_FIRST_SYLLABLE = 0xAC00
_FINALS = 28
_FINAL_RIEUL = 8
_ROUNDS = 4
_WHOLE_WORD = 2  # syllables from which a remainder is trusted without further conditions

# What must stand before: anything, a final consonant, a vowel, or a vowel or ㄹ.
_AFTER_ANY = (
    "에 에서 에게 에게서 한테 한테서 께 께서 의 도 만 부터 까지 마저 조차 처럼 보다 마다 밖에 하고"
    " 대로 만큼 뿐 들 님 에는 에도 에만 에서는 에서도 에서만 이라도 같은 같이"
)
_AFTER_CONSONANT = (
    "은 이 을 과 으로 으로는 으로도 으로서 으로써 이나 이랑 이란 이라 이라고 이라는 이라서 이에요"
    " 이예요 이다 이고 이며 이네요 이죠 이지만 이었다 이었어요 이었습니다 이야"
)
_AFTER_VOWEL = "는 가 를 와 나 랑 란 라고 라는 라서 예요 였다 였어요 였습니다"
_AFTER_VOWEL_OR_RIEUL = "로 로는 로도 로서 로써"
_COPULA = "입니다 입니까 인가요 인데 인데요 일까요 인지"
_LIGHT_VERBS = (
    "하다 하는 하고 하면 하기 하게 하지 하지만 하며 하려고 하려면 하려는 하세요 하시면 하나요 하네요"
    " 하는데 하는데요 하자 하던 한 한다 한다면 한데 할 할까요 할게요 함 합니다 합니까 해 해요 해서"
    " 해도 해야 해줘 해줘요 했다 했어요 했습니다 했는데 했는데요 했더니 했던 했지만 되다 되는 되고"
    " 되면 되나요 되지 되네요 되어 되어서 되었다 되었어요 되었습니다 되는데 되는데요 되기 된 된다 될"
    " 될까요 됨 됩니다 됩니까 됐다 됐어요 됐습니다 됐는데 됐는데요 돼 돼요 돼서 돼도 돼야 시켜 시켜요"
    " 시키는 시킨 받기 받은 받는 주세요 주시면 주실 주나요 줘요 줬어요 드립니다 드려요 드리겠습니다"
    " 드릴게요"
)
_VERB_ENDINGS = (
    "습니다 습니까 었습니다 았습니다 겠습니다 어요 아요 었어요 았어요 겠어요 네요 는데 는데요 은데"
    " 은데요 지만 니까 으니까 으면 거든요 나요 을까요 려고 으려고 으려면 세요 으세요 더라고요 더라구요"
    " 잖아요 아서 어서 아도 어도 아야 어야 았다 었다 는다 은가요 던데 던데요 지요 었는데 았는데"
    " 었는데요 았는데요 었지만 았지만 기가 기는 기도 는지 은지 면서 으면서 지는 지도"
)

# Beginnings and endings by which a word denies: 안돼요, 안됩니다; 않아요, 되지않는.
_DENIED = re.compile(r"안[되돼됩된됐됨될]|않")

PARTICLES = frozenset(f"{_AFTER_ANY} {_AFTER_CONSONANT} {_AFTER_VOWEL} {_AFTER_VOWEL_OR_RIEUL} {_COPULA}".split())
# The only single syllables that may leave a single syllable: others end too many nouns (문의, 제도, 결과).
_LEAVE_ONE_SYLLABLE = frozenset({"은", "는", "이", "가", "을", "를", "에"})
# Nouns end in these as often as they are followed by them (고양이, 떡볶이).
DOUBTFUL = frozenset({"이"})

_COMMON_WORDS = """
어떻게 어떡해 어떡하죠 어찌 왜 무엇 뭐 뭔가요 뭘 뭐가 언제 어디 어디서 어디에 누구 무슨 어떤 좀 너무 정말 진짜
아주 매우 혹시 그냥 자꾸 계속 갑자기 막 제가 저는 저도 내가 나는 제 저 나 우리 저희 이 그 것 거 수 때문에 그리고
그런데 근데 그래서 하지만 안녕하세요 네 예 후 이후 하나요 하는 하고 하면 해요 했어요 합니다 한다 할 해 하기 하는데
해야 하려면 하려고 하세요 할까요 되나요 돼요 됩니다 되네요 되는데 되는 됐어요 되었어요 될까요 된다 돼 있나요 있어요
있습니다 있는 있을까요 있는데 있는지 있나 인가요 같아요 같습니다 주세요 해주세요 알려주세요 알려줘 알려주실 알려 주실
궁금해요 궁금합니다 궁금한데 부탁드립니다 부탁드려요 부탁해요 부탁 가능한가요 가능할까요 가능해요 가능한지 싶어요
싶습니다 싶은데 싶은데요 하는지 하는법 건가요 걸까요 거예요 건지 할수 수가 겁니다
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_COMMON_STEMS = frozenset({"가능", "궁금", "부탁", "있", "싶", "어디", "언제", "누구", "무엇"})


class Stem(NamedTuple):
    """What remains of a word, and what was taken off last."""

    text: str
    ending: str


def _conditions() -> dict[str, str]:
    table = dict.fromkeys(f"{_AFTER_ANY} {_COPULA} {_LIGHT_VERBS} {_VERB_ENDINGS}".split(), "any")
    table.update(dict.fromkeys(_AFTER_CONSONANT.split(), "consonant"))
    table.update(dict.fromkeys(_AFTER_VOWEL.split(), "vowel"))
    table.update(dict.fromkeys(_AFTER_VOWEL_OR_RIEUL.split(), "vowel or rieul"))
    return table


_CONDITIONS = _conditions()
_LONGEST = max(map(len, _CONDITIONS))


def _fits(stem: str, ending: str) -> bool:
    if len(stem) < _WHOLE_WORD and len(ending) == 1 and ending not in _LEAVE_ONE_SYLLABLE:
        return False
    final = (ord(stem[-1]) - _FIRST_SYLLABLE) % _FINALS
    condition = _CONDITIONS[ending]
    if condition == "consonant":
        return final != 0
    if condition == "vowel":
        return final == 0
    return condition == "any" or final in (0, _FINAL_RIEUL)


def _shorter(word: str) -> Stem | None:
    for length in range(min(_LONGEST, len(word) - 1), 0, -1):
        ending = word[-length:]
        if ending in _CONDITIONS and _fits(word[:-length], ending):
            return Stem(word[:-length], ending)
    return None


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[Stem, ...]:
    """What remains of a Hangul word after one, two, … particles or endings; longest first, may be empty."""
    found: list[Stem] = []
    rest = word
    for _ in range(_ROUNDS):
        shorter = _shorter(rest)
        if shorter is None:
            break
        found.append(shorter)
        rest = shorter.text
    return tuple(found)


@lru_cache(maxsize=50_000)
def denies(word: str) -> bool:
    """Whether a Hangul word says that something is not so, in the spellings people use."""
    return _DENIED.match(word) is not None or "않" in word


@lru_cache(maxsize=50_000)
def is_common(word: str) -> bool:
    """Whether a Hangul word is in every question and says nothing about its subject."""
    return word in _COMMON or any(found.text in _COMMON_STEMS for found in stems(word))

"""The operators of the search box in English and Korean: read by the parser, explained by the help page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from forum.kit.words import Text, text

Order = Literal["relevance", "newest", "oldest", "votes"]


class Operator(StrEnum):
    """What the part before the colon asks for."""

    TITLE = "title"
    PLACE = "in"
    AUTHOR = "author"
    CATEGORY = "category"
    TAG = "tag"
    STATE = "is"
    AFTER = "after"
    BEFORE = "before"
    SORT = "sort"


@dataclass(frozen=True, slots=True)
class Explained:
    """A line of the help page: how it is written, and what it does; `keys` are read by the parser."""

    operator: Operator | None
    keys: tuple[str, ...]
    example: Text
    meaning: Text


HELP: tuple[Explained, ...] = (
    Explained(None, (), text("brake noise"), text("all of these words, in any form")),
    Explained(None, (), text('"front wheel"'), text("exactly these words in this order")),
    Explained(None, (), text("brake -winter"), text("without this word")),
    Explained(None, (), text("refund OR exchange"), text("one of the two words")),
    Explained(Operator.TITLE, ("title", "제목", "intitle"), text("title:refund"), text("this word in the title")),
    Explained(Operator.PLACE, ("in", "위치"), text("refund in:title"), text("all words in the title")),
    Explained(None, (), text("refund in:first"), text("opening posts only, no replies")),
    Explained(
        Operator.AUTHOR,
        ("author", "user", "by", "글쓴이", "작성자", "저자"),
        text("author:mina"),
        text("posts by one person; @mina is the same"),
    ),
    Explained(
        Operator.CATEGORY,
        ("category", "cat", "분류", "카테고리", "게시판"),
        text("category:help"),
        text("in one category; #help is the same"),
    ),
    Explained(
        Operator.TAG,
        ("tag", "tags", "태그"),
        text("tag:brakes,winter"),
        text("with one of these tags; with both when a + stands between"),
    ),
    Explained(
        Operator.STATE,
        ("is", "상태", "kind", "type", "종류", "유형"),
        text("is:solved"),
        text("solved, unsolved, open, closed, mine, question, discussion or idea"),
    ),
    Explained(
        Operator.AFTER,
        ("after", "since", "이후"),
        text("after:2026-03-01"),
        text("written on this day or later; 7d, 2w, 3m and 1y count back from today"),
    ),
    Explained(Operator.BEFORE, ("before", "이전"), text("before:2026-03-01"), text("written before this day")),
    Explained(Operator.SORT, ("sort", "order", "정렬"), text("sort:new"), text("new, old, votes or relevance")),
)

KEYS: Mapping[str, Operator] = {key: line.operator for line in HELP if line.operator for key in line.keys}

PLACES: Mapping[str, str] = dict.fromkeys(("title", "제목"), "title") | dict.fromkeys(
    ("first", "op", "첫글", "질문글", "원글"), "first"
)
_STATES = {
    "solved": "solved 해결 해결됨 완료 resolved",
    "unsolved": "unsolved 미해결 unresolved",
    "open": "open 열림 열린",
    "closed": "closed locked 닫힘 닫힌 잠김",
    "mine": "mine me 내글 나 내",
    "question": "question questions 질문",
    "discussion": "discussion discussions 토론 이야기",
    "idea": "idea ideas 아이디어 제안",
}
STATES: Mapping[str, str] = {name: state for state, names in _STATES.items() for name in names.split()}
_ORDERS: Mapping[Order, str] = {
    "relevance": "relevance best 관련 관련도 정확도",
    "newest": "new newest latest date 최신 최신순 새글",
    "oldest": "old oldest 오래된 오래된순 과거순",
    "votes": "votes top score 추천 추천순 투표",
}
ORDERS: Mapping[str, Order] = {name: order for order, names in _ORDERS.items() for name in names.split()}
OR_WORDS = frozenset({"OR", "|", "또는"})

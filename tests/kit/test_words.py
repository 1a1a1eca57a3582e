"""Sentences and verdicts: kept with their values until a door knows the language, and refusals that carry them."""

from __future__ import annotations

import pickle

import pytest

from forum.kit.errors import Conflict, NotAllowed, NotFound, TooSoon
from forum.kit.verdicts import YES, no, require
from forum.kit.words import ntext, text


def test_a_sentence_keeps_its_key_apart_from_its_values() -> None:
    sentence = text("At most {n} tags.", n=5)
    assert sentence.msgid == "At most {n} tags."
    assert str(sentence) == "At most 5 tags."
    assert pickle.loads(pickle.dumps(sentence)) == sentence  # noqa: S301 - our own


@pytest.mark.parametrize(("n", "said"), [(1, "1 reply"), (2, "2 replies"), (0, "0 replies")])
def test_a_counted_sentence_follows_its_number(n: int, said: str) -> None:
    assert str(ntext("{n} reply", "{n} replies", n=n)) == said


def test_a_value_with_braces_is_only_a_value() -> None:
    assert str(text("Reason: {reason}", reason="{secret} {0}")) == "Reason: {secret} {0}"


def test_a_verdict_is_yes_or_a_no_with_its_reason() -> None:
    assert YES
    refusal = no(text("Only moderators can do this."))
    assert not refusal
    require(YES)
    with pytest.raises(NotAllowed, match="Only moderators"):
        require(refusal)


def test_refusals_know_their_status_and_what_a_program_needs() -> None:
    assert (NotFound().status, NotAllowed(text("No.")).status) == (404, 403)
    late = TooSoon(text("Wait."), retry_after=30)
    assert (late.status, late.extra["retry_after"]) == (429, 30)
    both = Conflict(text("Somebody was faster."), extra={"post_id": 3})
    assert (both.status, both.extra) == (409, {"post_id": 3})

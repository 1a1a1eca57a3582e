"""Between posts whose words fit alike, age, votes and solutions decide."""

from __future__ import annotations

from dataclasses import replace

from forum.search.ranking import Standing, boosts

PLAIN = Standing(age=900, votes=0, is_solved=False, is_opening=False)


def test_every_merit_raises_a_post() -> None:
    raised = [replace(PLAIN, age=1), replace(PLAIN, votes=10), replace(PLAIN, is_solved=True)]
    raised.append(replace(PLAIN, is_opening=True))
    assert all(boosts(one).product > boosts(PLAIN).product for one in raised)


def test_many_votes_outweigh_youth_and_few_do_not() -> None:
    young = boosts(replace(PLAIN, age=0)).product
    assert boosts(replace(PLAIN, votes=30)).product > young > boosts(replace(PLAIN, votes=2)).product


def test_votes_against_a_post_do_not_lower_it_further() -> None:
    assert boosts(replace(PLAIN, votes=-5)).product == boosts(PLAIN).product

"""`flask search`: the index compared with the database, and judged by a file of questions."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from forum.discussion.models import Thread
from forum.kit.db import db
from forum.search.analysis import chain
from forum.search.engine import index
from tests.cli.shell import document, refused, run
from tests.people import People

PAPER = {
    "version": 1,
    "documents": [
        {
            "id": "k01",
            "lang": "ko",
            "title": "환불 문의드립니다",
            "body": "지난주에 산 키보드 환불해주세요.",
            "author": "mina",
            "category": "help",
            "tags": [],
            "date": "2026-02-15",
            "solved": True,
        },
        {
            "id": "k04",
            "lang": "ko",
            "title": "배송이 늦어요",
            "body": "언제 오나요? <script>alert(1)</script>",
            "author": "지수",
            "category": "배송",
            "date": "2026-02-16",
        },
    ],
    "queries": [
        {"id": "ko01", "q": "환불", "must": ["k01"], "must_not": ["k04"], "level": "basic"},
        {"id": "op01", "q": "author:mina", "must": ["k01"], "must_not": ["k04"], "level": "operator"},
        {"id": "sf01", "q": 'script "', "must": ["k04"], "must_not": [], "level": "safety"},
        {"id": "no01", "q": "전혀없는말", "must": ["k01"], "must_not": [], "level": "basic"},
        {"id": "no02", "q": "배송", "must": [], "must_not": ["k04"], "level": "basic"},
    ],
}


def test_an_index_that_lags_behind_is_found_out_and_mended(app: Flask, people: People) -> None:
    people.category()
    _, post_id = people.thread(people.user("ada"))
    assert document(app, "search", "verify", status=1)["missing"] == {"count": 1, "posts": [post_id]}
    assert "flask search rebuild" in run(app, "search", "verify").stderr
    assert document(app, "search", "rebuild")["posts"] == 1
    told = document(app, "search", "verify")
    assert (told["ok"], told["public"], told["indexed"]) == (True, 1, 1)
    with app.app_context():
        index().delete([post_id])
    assert document(app, "search", "verify", status=1)["missing"]["posts"] == [post_id]


def test_a_question_is_answered_as_on_the_page(app: Flask, people: People) -> None:
    people.category("Team", read_role="staff")
    thread_id, _ = people.thread(people.user("boss", role="owner"), "team")
    people.drain()
    assert document(app, "search", "query", "valve") == {
        **{"items": [], "total": 0, "next": None},
        **{"hint": None, "did_you_mean": None},
    }
    told = document(app, "search", "query", "valve", "--as", "boss")
    assert [hit["thread_id"] for hit in told["items"]] == [thread_id]
    assert "valve" in run(app, "search", "query", "valve", "--as", "boss").stdout
    explained = document(app, "search", "query", "valve reset", "--as", "boss", "--explain")
    assert [unit["word"] for unit in explained["units"]] == ["valve", "reset"]
    assert explained["scores"][0]["score"] > explained["scores"][0]["words"] > 0
    assert document(app, "search", "query", "")["hint"] == "empty"
    assert "no such member" in refused(app, "search", "query", "valve", "--as", "nobody")


def test_questions_are_judged_in_a_community_of_their_own(app: Flask, people: People, tmp_path: Path) -> None:
    people.category()
    mine, _ = people.thread(people.user("ada"), title="환불 이야기입니다")
    people.drain()
    file = tmp_path / "questions.json"
    file.write_text(json.dumps(PAPER), encoding="utf-8")
    told = document(app, "search", "evaluate", str(file))
    assert (told["backend"], told["analysis"], told["documents"]) == ("whoosh", chain(), 2)
    assert (told["passed"], told["failed"]) == (3, 2)
    by_id = {query["id"]: query for query in told["queries"]}
    assert by_id["ko01"]["hits"] == ["k01"]
    assert by_id["no01"]["missing"] == ["k01"]
    assert by_id["no02"]["wrong"] == ["k04"]
    assert {"id", "hits", "missing", "wrong", "did_you_mean", "ms", "pass"} <= by_id["ko01"].keys()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Thread)) == 1
    assert [hit["thread_id"] for hit in document(app, "search", "query", "환불")["items"]] == [mine]


def test_a_file_that_is_no_paper_is_refused(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "questions.json"
    file.write_text('{"version": 1, "documents": []}', encoding="utf-8")
    assert "queries" in refused(app, "search", "evaluate", str(file))
    assert run(app, "search", "evaluate", str(tmp_path / "nothing.json")).exit_code == 2

"""Judging the search: documents into a temporary community, questions through the code of the search page."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import click
from flask import current_app
from flask_migrate import upgrade
from pydantic import BaseModel, ConfigDict, ValidationError

from config import Config
from forum.accounts.models import User
from forum.accounts.service import create_user
from forum.accounts.viewer import Viewer
from forum.discussion.curation import create_category
from forum.discussion.inputs import CategoryInput, ThreadInput
from forum.discussion.models import Thread
from forum.discussion.screening import Screening
from forum.discussion.service import Written, start_thread
from forum.http.forms import validated
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.errors import Invalid
from forum.kit.text import PIPELINE_VERSION, fingerprint, guess_lang, render
from forum.search import engine
from forum.search.analysis import chain
from forum.search.matching import MOST_HITS
from forum.search.queries import find
from forum.search.service import rebuild
from forum.search.suggestions import suggest

BOSS = Viewer(id=0, username="evaluation", name="Evaluation", role="owner")
READER = Viewer(id=-1, username="reader", name="Reader", role="member", trust=1)
MARKUP = re.compile(r"[<>]")
Level = Literal["basic", "operator", "hard", "typing", "suggest", "safety"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Document(_Part):
    """A thread with one post."""

    id: str
    title: str
    body: str
    author: str = "somebody"
    category: str = "general"
    tags: list[str] = []
    date: date
    solved: bool = False


class Question(_Part):
    """What is asked, what has to be found, and what may not be."""

    id: str
    q: str
    must: list[str] = []
    must_not: list[str] = []
    level: Level = "basic"
    suggest: str | None = None


class Paper(_Part):
    """A whole file."""

    version: Literal[1]
    documents: list[Document]
    queries: list[Question]


def evaluate(file: Path) -> dict[str, Any]:
    """The report on a file of documents and questions; raises ClickException when the file is not one."""
    try:
        paper = Paper.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise click.ClickException(f"{file.name} does not fit: {error}") from error
    with _temporary_community():
        names = _load(paper.documents)
        began = time.perf_counter()
        rebuild()
        seconds = round(time.perf_counter() - began, 2)
        answers = [_answered(question, names) for question in paper.queries]
    passed = sum(answer["pass"] for answer in answers)
    return {
        "analysis": chain(),
        "documents": len(paper.documents),
        "index_seconds": seconds,
        "queries": answers,
        "passed": passed,
        "failed": len(answers) - passed,
    }


@contextmanager
def _temporary_community() -> Iterator[None]:
    """An application on a database and an index of its own, both gone afterwards."""
    config: Config = current_app.extensions["madang"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = replace(
            config, data_dir=folder, database_url=f"sqlite:///{folder / 'forum.db'}", redis_url=None, testing=True
        )
        real = engine.place()
        app = current_app.extensions["create_app"](own)
        try:
            with app.app_context():
                upgrade()
                yield
                db.session.remove()
                db.engine.dispose()
        finally:
            engine.configure(real)


def _load(documents: Sequence[Document]) -> Mapping[int, str]:
    """Store the documents; the ids of their threads with the names of the documents."""
    made = [(document, _thread_input(document), _written(document)) for document in documents]
    names: dict[int, str] = {}
    with transaction() as session:
        authors = {name: _author(number, name) for number, name in enumerate({one.author for one in documents})}
        names_of_categories = sorted({document.category for document in documents})
        categories = {name: create_category(BOSS, CategoryInput(name=name)).id for name in names_of_categories}
        for document, given, written in made:
            with clock.frozen(datetime(document.date.year, document.date.month, document.date.day, 12, tzinfo=UTC)):
                post = start_thread(authors[document.author], given, written, categories[document.category])
            names[post.thread_id] = document.id
            if document.solved:
                session.get_one(Thread, post.thread_id).accepted_post_id = post.id
    return names


def _thread_input(document: Document) -> ThreadInput:
    values = {"category": document.category, "title": document.title, "body": document.body, "tags": document.tags}
    try:
        return validated(ThreadInput, values)
    except Invalid as refusal:
        raise click.ClickException(f"Document {document.id} does not fit: {sorted(refusal.fields)}") from refusal


def _written(document: Document) -> Written:
    return Written(
        document.body,
        render(document.body),
        guess_lang(f"{document.title} {document.body}"),
        fingerprint(document.body),
        PIPELINE_VERSION,
        Screening.trusted("a document of an evaluation"),
    )


def _author(number: int, name: str) -> Viewer:
    try:
        return Viewer.of(create_user(name, f"author{number}@example.invalid", "member", None))
    except Invalid:  # a name that looks like another's; the name shown is what counts here
        user: User = create_user(f"author{number}", f"author{number}@example.invalid", "member", None)
        user.display_name = name
        return Viewer.of(user)


def _answered(question: Question, names: Mapping[int, str]) -> dict[str, Any]:
    began = time.perf_counter()
    error, hits, shown, meant = None, [], [], None
    try:
        if question.level == "typing":
            found = suggest(READER, question.q, MOST_HITS).threads
            hits, shown = [names[one.thread_id] for one in found], [one.title_html for one in found]
        else:
            results = find(READER, question.q, size=MOST_HITS)
            hits, meant = [names[hit.thread_id] for hit in results.items], results.did_you_mean
            shown = [hit.snippet_html + hit.title_html for hit in results.items]
    except Exception as problem:  # noqa: BLE001 - a question that breaks the search is a finding, not an end
        error = repr(problem)
    took = (time.perf_counter() - began) * 1000
    db.session.rollback()
    missing = [name for name in question.must if name not in hits]
    wrong = [name for name in question.must_not if name in hits]
    clean = not any(MARKUP.search(re.sub("</?mark>", "", html)) for html in shown)
    is_meant = question.level == "suggest" and question.suggest is not None and meant == question.suggest
    passes = error is None and clean and ((not missing and not wrong) or is_meant)
    told = {"id": question.id, "hits": hits, "missing": missing, "wrong": wrong, "did_you_mean": meant}
    return {**told, "ms": round(took, 1), "pass": passes, **({"error": error} if error else {})}

"""How fast the search index answers, as multiples of an SQLite FTS5 index over the same terms in the same run.

    .venv/bin/python -m bench.search CORPUS.ndjson [MORE.ndjson …] --posts 20000

A line of a corpus is a JSON object with `title`, `body`, `author`, `category` and `date`. Times are CPU time of this
process; a class is 20 questions, each asked three times, and its figure is the 95th percentile of the best.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from forum.search.analysis import chain
from forum.search.documents import Document, fields_of
from forum.search.index import Index
from forum.search.parsing import parse
from forum.search.query import Query

QUESTIONS, TRIES, TOP = 20, 3, 20
GOALS = {"common": 2, "and": 10, "phrase": 18, "korean": 5}
COMMON = (0.03, 0.12)  # shares of the posts a common word is in
Terms = tuple[str, ...]


def documents(files: list[Path], posts: int) -> Iterator[Document]:
    """Posts of the files in turn, numbered."""
    number = 0
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for line in islice(lines, posts // len(files)):
                row, number = json.loads(line), number + 1
                date = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
                who, where = row["author"], row["category"]
                title = row.get("title") or ""
                yield Document(number, number, title, row["body"], who, who, where, where, date, "public")


def surfaces(docs: list[Document]) -> tuple[list[Terms], list[Terms]]:
    """The words of every post, as written: all, and Korean ones."""
    words = [tuple(doc.body.split()) for doc in docs]
    return words, [row for row in words if sum("가" <= word[0] <= "힣" for word in row) > len(row) // 2]


def classes(docs: list[Document]) -> dict[str, list[str]]:
    """Questions of each class, drawn from the posts."""
    draw = random.Random(7)
    words, korean = surfaces(docs)
    counted = Counter(word for row in words for word in {*row} if word.isalpha())
    low, high = (share * len(docs) for share in COMMON)
    common = [word for word, count in counted.items() if low <= count <= high and parse(word).clauses]
    common = common or [word for word, _ in counted.most_common(QUESTIONS)]
    long = [row for row in words if len(row) > QUESTIONS // 2]
    two = [" ".join(pair) for row in draw.sample(korean, QUESTIONS * 4) if len(pair := _two_korean(row)) == len("두말")]
    return {
        "common": draw.choices(common, k=QUESTIONS),
        "and": [" ".join(draw.sample(common, 2)) for _ in range(QUESTIONS)] if len(common) > 1 else common,
        "phrase": [f'"{" ".join(row[1:3])}"' for row in draw.sample(long, QUESTIONS)],
        "korean": two[:QUESTIONS],
    }


def _two_korean(row: Terms) -> Terms:
    return tuple(word for word in row if len(word) > 1 and all("가" <= char <= "힣" for char in word))[:2]


def fts(rows: list[tuple[int, str]]) -> sqlite3.Connection:
    """The yardstick: an FTS5 index over the terms that our own index holds."""
    database = sqlite3.connect(":memory:")
    tokens = "tokenize = \"unicode61 remove_diacritics 0 tokenchars '.#+_-'\""
    database.execute(f"CREATE VIRTUAL TABLE post USING fts5(terms, content='', {tokens})")
    database.executemany("INSERT INTO post (rowid, terms) VALUES (?, ?)", rows)
    return database


def _fts_row(doc: Document) -> tuple[int, str]:
    stored = fields_of(doc)
    placed = [(place, word) for word, places in {**stored["title"], **stored["body"]}.items() for place in places]
    return doc.post_id, " ".join([*(word for _, word in sorted(placed)), *stored["pairs"]])


def fts_question(query: Query) -> str:
    """The same question in FTS5's words."""
    quoted = ['"{}"'.format(word.replace('"', "")) for unit in query.units() for word in unit.alternatives[0].words]
    phrases = [one.terms.words for one in query.wanted() if hasattr(one, "terms")]
    return " AND ".join([*quoted, *('"{}"'.format(" ".join(words)) for words in phrases)])


def percentile(ask: Callable[[str], object], questions: list[str]) -> float:
    """The 95th percentile of the questions' CPU time in milliseconds, the best of some tries each."""
    best = []
    for question in questions:
        took = []
        for _ in range(TRIES):
            began = time.process_time()
            ask(question)
            took.append(time.process_time() - began)
        best.append(min(took) * 1000)
    return sorted(best)[int(len(best) * 0.95) - 1]


def main() -> None:
    """Build both indexes, ask both, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--posts", type=int, default=20_000)
    given = parser.parse_args()
    docs = list(documents(given.corpus, given.posts))
    rows = [_fts_row(doc) for doc in docs]
    yardstick = fts(rows)
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(Path(folder) / "search")
        began = time.process_time()
        index.rebuild(docs)
        seconds = time.process_time() - began
        print(f"{len(docs)} posts, analysis {chain()}: {len(docs) / seconds:.0f} posts a CPU second, analysis included")

        def ours(typed: str) -> object:
            query = parse(typed)
            return index.search(query.by_words() or query if chain() == "kiwi" else query, ("public",), TOP)

        def theirs(typed: str) -> object:
            match = fts_question(parse(typed))
            select = "SELECT rowid FROM post WHERE post MATCH ? ORDER BY rank LIMIT ?"
            return yardstick.execute(select, (match, TOP)).fetchall() if match else []

        print(f"{'class':<8} {'ours ms':>8} {'FTS5 ms':>8} {'times':>6} {'goal':>5}")
        for name, questions in classes(docs).items():
            mine, other = percentile(ours, questions), percentile(theirs, questions)
            print(f"{name:<8} {mine:8.2f} {other:8.2f} {mine / other:6.1f} {GOALS[name]:5}")


if __name__ == "__main__":
    main()

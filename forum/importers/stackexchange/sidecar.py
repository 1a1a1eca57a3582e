"""A temporary SQLite file beside the run: what is looked up by post, for dumps that no memory would hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from forum.importers.stackexchange.rows import CHUNK, Row, Watch, chunks, read

_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE person (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE post (id TEXT PRIMARY KEY, type TEXT, thread TEXT, accepted TEXT) WITHOUT ROWID;
CREATE TABLE history (id INTEGER PRIMARY KEY, post TEXT, type INTEGER, guid TEXT, at TEXT, user TEXT, name TEXT,
                      comment TEXT, text TEXT);
CREATE TABLE excerpt (post TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
CREATE TABLE settled (answer TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE name (base TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
"""
_HISTORY: Final = [
    "Id",
    "PostId",
    "PostHistoryTypeId",
    "RevisionGUID",
    "CreationDate",
    "UserId",
    "UserDisplayName",
    "Comment",
    "Text",
]
QUESTION: Final = "1"
ANSWER: Final = "2"
EXCERPT: Final = "4"
WIKI: Final = "5"


class Sidecar:
    """Filled once from the dump; the file has no name, so it is gone with the process however that ends."""

    def __init__(self) -> None:
        """Open an empty one."""
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)

    def __enter__(self) -> Sidecar:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the file go."""
        self._db.close()

    def fill(self, folder: Path, watch: Watch | None) -> None:
        """Read the posts, their history and the people of the dump once."""
        self._db.execute("BEGIN")
        for chunk in chunks(read(folder, "Users")):
            self._many("INSERT OR IGNORE INTO person VALUES (?)", [(row["Id"],) for row in chunk])
        for chunk in chunks(read(folder, "Posts")):
            self._add_posts(chunk)
        for chunk in chunks(read(folder, "PostHistory", watch)):
            values = [tuple(row.get(key) for key in _HISTORY) for row in chunk]
            self._many(
                "INSERT OR IGNORE INTO history (id, post, type, guid, at, user, name, comment, text) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX history_post ON history (post, id)")

    def _add_posts(self, chunk: Sequence[Row]) -> None:
        self._many(
            "INSERT OR IGNORE INTO post VALUES (?, ?, ?, ?)",
            [
                (
                    row["Id"],
                    row["PostTypeId"],
                    row.get("ParentId") if row["PostTypeId"] == ANSWER else row["Id"],
                    row.get("AcceptedAnswerId"),
                )
                for row in chunk
            ],
        )
        excerpts = [(row["Id"], row.get("Body", "")) for row in chunk if row["PostTypeId"] == EXCERPT]
        self._many("INSERT OR IGNORE INTO excerpt VALUES (?, ?)", excerpts)

    def _many(self, statement: str, values: Sequence[tuple[object, ...]]) -> None:
        self._db.executemany(statement, values)

    def _in(self, statement: str, ids: Iterable[str]) -> list[tuple[str, ...]]:
        """Rows of a statement that ends in IN, for any number of ids."""
        found: list[tuple[str, ...]] = []
        for chunk in chunks(dict.fromkeys(ids), CHUNK):
            found += self._db.execute(f"{statement} ({', '.join('?' * len(chunk))})", chunk)
        return found

    def people(self, ids: Iterable[str]) -> set[str]:
        """Which of these people are in the dump."""
        return {row[0] for row in self._in("SELECT id FROM person WHERE id IN", ids)}

    def types(self, ids: Iterable[str]) -> dict[str, str]:
        """The kinds of those of these posts that are in the dump and whose question is as well."""
        return {
            row[0]: row[1]
            for row in self._in(
                "SELECT p.id, p.type FROM post p JOIN post question ON question.id = p.thread WHERE p.id IN",
                ids,
            )
        }

    def threads(self, ids: Iterable[str]) -> dict[str, str]:
        """The questions these posts belong to: an answer to its parent, a question to itself."""
        statement = "SELECT id, thread FROM post WHERE type IN ('1', '2') AND id IN"
        return {row[0]: row[1] for row in self._in(statement, ids)}

    def accepted_of(self, questions: Iterable[str]) -> dict[str, str]:
        """The answers their questions name as accepted."""
        statement = "SELECT id, accepted FROM post WHERE accepted IS NOT NULL AND id IN"
        return {row[0]: row[1] for row in self._in(statement, questions)}

    def excerpts(self, posts: Iterable[str]) -> dict[str, str]:
        """The short descriptions of tags, by the post that holds them."""
        return {row[0]: row[1] for row in self._in("SELECT post, body FROM excerpt WHERE post IN", posts)}

    def history(self, posts: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
        """All rows of the history of these posts: id, post, type, guid, at, user, name, comment, text."""
        by_post: dict[str, list[tuple[str, ...]]] = {}
        for row in sorted(self._in("SELECT * FROM history WHERE post IN", posts)):
            by_post.setdefault(row[1], []).append(row)
        return by_post

    def other_posts(self) -> dict[str, int]:
        """How many posts of each kind are neither question nor answer."""
        return dict(self._db.execute("SELECT type, count(*) FROM post WHERE type NOT IN ('1', '2') GROUP BY type"))

    def size(self) -> int:
        """How many people and posts the dump has: about the number of texts to prepare."""
        row = self._db.execute("SELECT (SELECT count(*) FROM person) + (SELECT count(*) FROM post)").fetchone()
        size: int = row[0]
        return size

    def homeless_edits(self) -> tuple[int, int]:
        """How many edits were of tag wikis, and how many of posts that are not in the dump."""
        joined = "FROM history h LEFT JOIN post ON post.id = h.post WHERE"
        count = f"SELECT count(DISTINCT h.post || h.guid) {joined}"
        wikis: int = self._db.execute(f"{count} post.type NOT IN ('1', '2')").fetchone()[0]
        orphans: int = self._db.execute(f"{count} post.id IS NULL").fetchone()[0]
        return wikis, orphans

    def settle(self, answers: Iterable[str]) -> None:
        """Remember which accepted answers had a vote that says when."""
        self._db.executemany("INSERT OR IGNORE INTO settled VALUES (?)", [(answer,) for answer in answers])

    def unsettled(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Questions (after this id) and accepted answers without such a vote."""
        return self._db.execute(
            "SELECT id, accepted FROM post WHERE accepted IS NOT NULL AND id > ? "
            "AND accepted NOT IN (SELECT answer FROM settled) ORDER BY id LIMIT ?",
            (after, limit),
        ).fetchall()

    def next_number(self, base: str) -> int:
        """A number not given out yet in this run for user names with this beginning; the first is 1."""
        row = self._db.execute(
            "INSERT INTO name VALUES (?, 1) ON CONFLICT (base) DO UPDATE SET number = number + 1 RETURNING number",
            (base,),
        ).fetchone()
        number: int = row[0]
        return number

"""The index finds what was put in, for whom it may be, whatever happens to its files."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forum.search import analysis, matching
from forum.search import index as adapter
from forum.search.index import Document, Index, IndexBroken, IndexBusy
from forum.search.parsing import parse
from tests.search.test_query import naughty_strings

EVERYBODY = ("public",)
ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)


def post(post_id: int, body: str = "본문", **changes: Any) -> Document:
    plain = Document(
        post_id=post_id,
        thread_id=post_id,
        title="제목",
        body=body,
        author="mina",
        author_name="김민아",
        category="help",
        category_name="도움말",
        created_at=NOW - timedelta(minutes=post_id),
        acl="public",
    )
    return replace(plain, **changes)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "search")


def found(index: Index, typed: str, acls: Iterable[str] = EVERYBODY) -> list[int]:
    return sorted(index.search(parse(typed), acls).ids)


def test_every_word_of_a_question_must_be_there(index: Index) -> None:
    index.update([post(1, "키보드 환불해주세요"), post(2, "환불 규정"), post(3, "키보드 추천")])
    assert found(index, "키보드 환불") == [1]
    assert found(index, "환불") == [1, 2]
    assert found(index, "환불 -키보드") == [2]


def test_words_may_stand_in_title_and_body(index: Index) -> None:
    index.update([post(1, "키보드가 고장", title="환불 문의")])
    assert found(index, "환불 키보드") == [1]
    assert found(index, "제목:환불") == [1]
    assert found(index, "제목:키보드") == []
    assert found(index, "in:title 환불문의") == [1]


def test_the_title_finds_the_opening_post_only(index: Index) -> None:
    index.update([post(1, title="환불 문의"), post(2, title="환불 문의", is_opening=False)])
    assert found(index, "환불") == [1]


def test_a_title_counts_more_than_a_body(index: Index) -> None:
    index.update([post(1, "환불 규정이 궁금해요"), post(2, "규정이 궁금해요", title="환불"), post(3)])
    assert index.search(parse("환불"), EVERYBODY).ids == (2, 1)


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ('"환불 문의"', [1]),
        ('"문의 환불"', [2]),
        ('"산 키보드 환불 문의"', [1]),
        ('"refund policy"', [3]),
        ('"policy refund"', []),
        ('"정품"', [4]),
    ],
)
def test_a_phrase_is_found_in_its_order(index: Index, typed: str, ids: list[int]) -> None:
    index.update(
        [
            post(1, "어제 산 키보드 환불 문의드립니다"),
            post(2, "문의 환불"),
            post(3, "Our refund policies"),
            post(4, "정품인지 궁금해요"),
        ]
    )
    assert found(index, typed) == ids


def test_a_phrase_may_end_in_one_of_many_words(index: Index) -> None:
    index.update([post(number, f"환불 문의{chr(0xAC00 + number)}") for number in range(1, 30)])
    assert len(found(index, '"환불 문의"')) == 29


def test_filters_compare_names_slugs_and_tags(index: Index) -> None:
    index.update([post(1, tags=("환불", "FAQ")), post(2, author="jun", author_name="Jun Park", category="talk")])
    assert found(index, "author:Mina") == found(index, "글쓴이:김민아") == found(index, "tag:faq") == [1]
    assert found(index, 'author:"jun park"') == found(index, "#talk") == [2]
    assert found(index, "분류:도움말 -@mina") == [2]
    assert found(index, "tag:faq,other 본문") == [1]


def test_filters_alone_answer_newest_first(index: Index) -> None:
    index.update([post(number) for number in (2, 3, 1)])
    assert index.search(parse("@mina"), EVERYBODY).ids == (1, 2, 3)


def test_nobody_finds_what_they_may_not_read(index: Index) -> None:
    index.update([post(1, "비밀"), post(2, "비밀", acl="members"), post(3, "비밀", acl="staff")])
    assert found(index, "비밀") == [1]
    assert found(index, "비밀", ("public", "members")) == [1, 2]
    assert found(index, "@mina", ("staff",)) == [3]
    assert found(index, "비밀", ()) == []
    assert index.search(parse("비밀"), EVERYBODY).total == 1


def test_an_update_replaces_a_post(index: Index) -> None:
    index.update([post(1, "환불")])
    index.update([post(1, "배송"), post(1, "교환")])
    assert found(index, "환불") == found(index, "배송") == []
    assert found(index, "교환") == [1]
    assert index.doc_count() == 1


def test_a_deleted_post_is_gone(index: Index) -> None:
    index.update([post(1, "환불"), post(2, "환불")])
    index.delete([1, 99])
    assert found(index, "환불") == [2]
    assert index.doc_count() == 1


def test_the_engine_agrees_with_the_terms_of_every_post(index: Index) -> None:
    """The engine's own AND NOT and REQUIRE lose or let through single hits; these combinations found them."""
    words = ("환불", "배송", "키보드", "refund", "the", "question", "정품 인증")
    bodies = {number: " ".join(word for bit, word in enumerate(words) if number >> bit & 1) for number in range(1, 128)}
    docs = [post(n, body, acl="staff" if n % 3 == 0 else "public", author=f"a{n % 5}") for n, body in bodies.items()]
    for part in (docs[:40], docs[40:], docs[10:20]):
        index.update(part)
    for with_, without in itertools.permutations(words, 2):
        for author in ("", "@a2", "-@a2"):
            typed = f'"{with_}" -"{without}" {author}'
            expected = [
                doc.post_id
                for doc in docs
                if with_ in doc.body
                and without not in doc.body
                and doc.acl == "public"
                and (not author or (doc.author == "a2") == (author == "@a2"))
            ]
            if "the" not in (with_, without):
                assert found(index, typed) == expected, typed


def test_a_frequent_word_is_found_from_the_newest_back_until_there_are_enough(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "_MATCHES_A_STEP", 2)
    monkeypatch.setattr(matching, "_FEWEST_A_STEP", 3)
    index.update([post(number, "환불 문의" if number % 3 else "환불") for number in range(1, 60)])
    index.update([post(number, "환불") for number in range(60, 80)])
    index.delete([5, 61])
    assert len(found(index, "환불")) == 77
    assert found(index, "환불 문의") == [number for number in range(1, 60) if number % 3 and number != 5]


def test_a_title_is_found_however_many_newer_posts_have_the_word(index: Index) -> None:
    index.update([post(1, title="환불"), *(post(number, "환불") for number in range(2, 1205))])
    assert index.search(parse("환불"), EVERYBODY).ids[0] == 1


def test_more_hits_than_a_thousand_are_not_counted(index: Index) -> None:
    index.update([post(number, "hit") for number in range(1, 1006)])
    hits = index.search(parse("hit"), EVERYBODY, limit=10)
    assert (len(hits.ids), len(hits.scores), hits.total, hits.capped) == (10, 10, 1000, True)


def test_no_question_raises(index: Index) -> None:
    index.update([post(1, "환불 refund policy 3.11.7 E-1042")])
    for typed in ('"', "*", "((((", "가" * 10_000, '"' + "가 " * 100, "-", "AND OR NOT", "환불*", "[a TO b]"):
        index.search(parse(typed), EVERYBODY)


def test_no_naughty_string_raises(index: Index) -> None:
    texts = naughty_strings()
    index.update([post(number, text, title=text, tags=(text,)) for number, text in enumerate(texts, 1)])
    for text in texts:
        index.search(parse(text), EVERYBODY)


def test_another_reader_sees_a_commit(index: Index, tmp_path: Path) -> None:
    other = Index.open(tmp_path / "search")
    assert found(other, "환불") == []
    index.update([post(1, "환불")])
    assert found(other, "환불") == [1]


def test_threads_search_while_a_writer_commits(index: Index) -> None:
    index.update([post(1, "환불")])
    results: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            results.append(len(found(index, "환불")))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, 7):
        index.update([post(number, "환불")])
    stop.set()
    for thread in threads:
        thread.join()
    assert len(results) > 3
    assert set(results) <= set(range(1, 7))


def test_a_new_index_asks_for_a_rebuild_once(index: Index, tmp_path: Path) -> None:
    assert index.needs_rebuild()
    assert index.rebuild([post(1)]) == 1
    assert not index.needs_rebuild()
    assert not Index.open(tmp_path / "search").needs_rebuild()


def test_other_rules_of_analysis_ask_for_a_rebuild(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.reset()
    monkeypatch.setattr(analysis, "version", lambda: "other")
    assert index.needs_rebuild()


def test_a_rebuild_is_seen_by_readers_of_the_old_index(index: Index, tmp_path: Path) -> None:
    index.update([post(1, "환불"), post(2, "환불")])
    reader = Index.open(tmp_path / "search")
    assert found(reader, "환불") == [1, 2]

    def meanwhile() -> Iterable[Document]:
        assert found(reader, "환불") == [1, 2]
        yield post(3, "환불")
        assert found(reader, "환불") == [1, 2]

    assert index.rebuild(meanwhile()) == 1
    assert found(reader, "환불") == found(index, "환불") == [3]


def test_a_rebuild_that_fails_leaves_the_old_index(index: Index, tmp_path: Path) -> None:
    def failing() -> Iterable[Document]:
        yield post(2, "환불")
        raise RuntimeError("the database went away")

    index.update([post(1, "환불")])
    with pytest.raises(RuntimeError):
        index.rebuild(failing())
    assert found(index, "환불") == [1]
    index.rebuild([post(3, "환불")])
    assert found(index, "환불") == [3]
    assert len(list((tmp_path / "search").glob("build-*"))) == 2


def test_a_reset_index_is_empty(index: Index) -> None:
    index.update([post(1, "환불")])
    index.reset()
    assert found(index, "환불") == []
    assert index.doc_count() == 0


@pytest.mark.parametrize("damage", ["emptied", "shortened", "lost", "pointer"])
def test_a_damaged_index_is_noticed_and_can_be_rebuilt(index: Index, tmp_path: Path, damage: str) -> None:
    index.rebuild([post(1, "환불")])
    folder = tmp_path / "search"
    build = folder / (folder / "current").read_text()
    for path in build.iterdir():
        if damage == "emptied":
            path.write_bytes(b"")
        elif damage == "shortened":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        elif damage == "lost":
            path.unlink()
    if damage == "pointer":
        (folder / "current").write_text("../elsewhere")
    fresh = Index.open(folder)
    assert fresh.needs_rebuild()
    with pytest.raises(IndexBroken):
        fresh.search(parse("환불"), EVERYBODY)
    fresh.rebuild([post(1, "환불")])
    assert found(fresh, "환불") == [1]


def test_a_killed_writer_leaves_the_index_as_it_was(index: Index, tmp_path: Path) -> None:
    index.update([post(1, "환불")])
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from forum.search.index import Index
        from tests.search.test_index import post
        def posts():
            for number in range(2, 50):
                yield post(number, "환불")
            os.kill(os.getpid(), 9)
        index = Index.open(Path(sys.argv[1]))
        index.rebuild(posts()) if sys.argv[2] == "rebuild" else None
        from forum.search import index as adapter
        adapter._fill(index._current()[1], (adapter.fields_of(doc) for doc in posts()), [1])
        """
    )
    for way in ("update", "rebuild"):
        command = [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "search"), way]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
        assert done.returncode == -9
        assert found(Index.open(tmp_path / "search"), "환불") == [1]
    index.update([post(2, "환불")])
    assert found(index, "환불") == [1, 2]


def test_a_second_writer_gives_up_after_waiting(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_LOCK_SECONDS", 0.1)

    def held() -> Iterable[dict[str, Any]]:
        with pytest.raises(IndexBusy):
            index.update([post(2)])
        yield adapter.fields_of(post(1, "환불"))

    adapter._fill(index._current()[1], held())
    assert found(index, "환불") == [1]

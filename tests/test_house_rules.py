"""The project keeps the rules of its house, and each rule catches a broken sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import house_rules as rules

ROOT = Path(__file__).resolve().parents[1]
Rule = Callable[[Path], list[str]]

TABLE = "REACTIONS = {VoteCast: []}\n"
EXCUSED = "x = 1  # no{0}: E501\ny = 2  # no{0}\nz = 3  # no{0}: E501 - a long address\n".format("qa")
EVENTS = '''"""Facts."""
class VoteCast(Event):
    type: ClassVar[str] = "vote"
class VoteLost(Event):
    type: ClassVar[str] = "vote_lost"
class NotYetAnEvent(Event):
    pass
'''
WRITES_TWICE = '''"""Votes."""
@bp.post("/vote")
def cast():
    with transaction():
        with_another()
def with_another():
    with transaction():
        pass
'''
WRITES_NEVER = '''"""Votes."""
@bp.route("/vote", methods=["GET", "POST"])
def cast():
    return "thanks"
'''
VIEW_CLASS = '''"""Votes."""
class Votes(MethodView):
    def put(self):
        return "thanks"
'''
WRITES_BY_GET = '''"""Votes."""
@bp.get("/vote")
def show():
    with db.transaction():
        pass
'''
CONTRACTS = """
[[tool.importlinter.contracts]]
containers = ["forum"]
[[tool.importlinter.contracts]]
source_modules = ["forum.voting"]
[[tool.importlinter.contracts]]
containers = ["forum.voting"]
"""

# A rule, a checkout that breaks it, and a part of each offence that it must report.
BROKEN: list[tuple[Rule, dict[str, str], list[str]]] = [
    (
        rules.only_the_database_module_commits,
        {"forum/kit/db.py": "session.commit()\n", "forum/voting/service.py": "db.session.commit()\n"},
        ["forum/voting/service.py:1"],
    ),
    (
        rules.no_module_is_too_long,
        {"forum/a.py": "x = 1\n" * 401, "forum/b.py": "x = 1\n" * 400},
        ["a.py: 401"],
    ),
    (
        rules.every_module_opens_with_one_sentence,
        {"forum/a.py": "import os\n", "forum/b.py": '"""Votes"""\n', "forum/c.py": '"""What votes do."""\n'},
        ["forum/a.py", "forum/b.py"],
    ),
    (
        rules.every_event_is_in_the_table,
        {"forum/reactions.py": TABLE, "forum/voting/events.py": EVENTS},
        ["VoteLost"],
    ),
    (
        rules.migrations_never_mention_the_forum,
        {
            "migrations/versions/0001_a.py": "from forum.kit import db\n",
            "migrations/env.py": "import forum\n",
        },
        ["0001_a.py"],
    ),
    (
        rules.every_key_of_the_environment_is_in_the_readme,
        {"config.py": 'read("FORUM_PORT", "FORUM_HOST")\n', "README.md": "`FORUM_PORT`\n"},
        ["FORUM_HOST"],
    ),
    (
        rules.only_the_configuration_reads_the_environment,
        {"forum/a.py": 'import os\nos.environ["X"]\n', "config.py": 'import os\nos.environ["X"]\n'},
        ["forum/a.py:2"],
    ),
    (
        rules.text_is_marked_safe_in_few_listed_places,
        {"forum/a.py": "Markup(text)\n", "templates/a.html": "{{ a | safe }} {{ b|safe }}\n"},
        ["forum/a.py: marks text as safe 1", "templates/a.html: marks text as safe 2"],
    ),
    (
        rules.screenings_are_made_where_text_is_screened,
        {
            "forum/web/threads.py": "Screening(verdict=1)\n",
            "forum/importers/a.py": 'Screening.trusted("imported")\n',
            "forum/moderation/intake.py": "Screening(verdict=1)\n",
        },
        ["forum/web/threads.py:1"],
    ),
    (
        rules.no_forbidden_words,
        {
            "docs/a.md": f"see https://py{'p'}i.org/x\n\n/{'work'}/main is here",
            "forum/a.py": f"# TO{'D'}O later\n",
            "docs/b.md": "paths like /c/work/1, /t/1/root and a/tmp are fine",
        },
        ["docs/a.md:1", "docs/a.md:3", "forum/a.py:1"],
    ),
    (
        rules.every_excuse_has_its_reason,
        {"forum/a.py": EXCUSED},
        ["forum/a.py:1", "forum/a.py:2"],
    ),
    (
        rules.each_unsafe_route_opens_one_transaction,
        {"forum/web/a.py": WRITES_TWICE, "forum/web/b.py": WRITES_NEVER, "forum/api/c.py": VIEW_CLASS},
        ["a.py:cast: opens 2", "b.py:cast: opens 0", "c.py:put: opens 0"],
    ),
    (rules.no_safe_route_opens_a_transaction, {"forum/web/a.py": WRITES_BY_GET}, ["a.py:show"]),
    (
        rules.every_room_is_under_the_import_contracts,
        {
            "pyproject.toml": CONTRACTS,
            "forum/brands/__init__.py": "",
            "forum/brands/service.py": "",
            "forum/voting/__init__.py": "",
            "forum/voting/service.py": "",
        },
        ["forum/brands: is not held to knowing nothing", "forum/brands: is not held to the order"],
    ),
]
RULES = [rule for rule, _, _ in BROKEN]


def named(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_the_project_keeps(rule: Rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "sample", "offences"), BROKEN, ids=[named(rule) for rule in RULES])
def test_a_broken_sample_is_caught_by(rule: Rule, sample: dict[str, str], offences: list[str], tmp_path: Path) -> None:
    for name, text in sample.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    found = rule(tmp_path)

    assert len(found) == len(offences), found
    assert all(any(expected in offence for offence in found) for expected in offences), found


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_an_empty_checkout_does_not_break(rule: Rule, tmp_path: Path) -> None:
    assert rule(tmp_path) == []


def test_an_exception_has_its_reason_and_its_place() -> None:
    excused = {**rules.ROUTES_WITHOUT_ONE_TRANSACTION, **rules.WRITING_SAFE_ROUTES}
    known = {where for where, _, _ in rules.routes(ROOT)}

    assert all(reason.strip() for reason in excused.values())
    assert set(excused) <= known, "an exception outlived its route"
    assert all((ROOT / name).exists() for name in rules.SAFE_SITES), "an exception outlived its file"

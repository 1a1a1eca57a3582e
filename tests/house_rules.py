"""The rules of the house that no linter knows, each a function from a checkout to its offences.

An offence is one line, "path: what is wrong". A rule about files that are not there has none.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

LONGEST_MODULE = 400
MOST_SAFE_SITES = 5

# Where text is marked as safe HTML, and why it is: path -> (how many times, reason).
SAFE_SITES: dict[str, tuple[int, str]] = {
    "templates/_macros.html": (2, "texts and snippets that kit.text and search.snippets made"),
    "forum/http/locale.py": (1, "our own sentences around values that are escaped"),
}

# Unsafe routes that do not open exactly one transaction: "path:function" -> reason.
ROUTES_WITHOUT_ONE_TRANSACTION: dict[str, str] = {}

# Safe routes that write: "path:function" -> reason.
WRITING_SAFE_ROUTES: dict[str, str] = {}

OUR_MODULES = (
    "*.py",
    "forum/**/*.py",
    "tests/**/*.py",
    "bench/**/*.py",
    "deploy/**/*.py",
    "migrations/**/*.py",
)
DOORS = ("forum/web/**/*.py", "forum/api/**/*.py", "forum/embed/**/*.py")
DOOR_ROOMS = {"web", "api", "embed", "cli", "http"}
SCREENING_MAKERS = {"forum/moderation/intake.py", "forum/discussion/screening.py"}
ENVIRONMENT_READERS = ("config.py", "deploy/gunicorn.conf.py", "dev.py")
UNSAFE_METHODS = {"post", "put", "patch", "delete"}
VIEW_BASES = {"MethodView", "View"}

# What tools and servers leave behind, and what others wrote; so do folders that open with a dot.
NOT_OURS = {"var", "node_modules", "vendor", "__pycache__", "htmlcov"}
OUR_DOT_FOLDERS = {".ci"}
TEXT_ENDINGS = {
    *(
        ".py",
        ".md",
        ".toml",
        ".lock",
        ".html",
        ".xml",
        ".txt",
        ".css",
        ".js",
        ".json",
        ".po",
        ".yml",
        ".yaml",
    ),
    *(".sh", ".cfg", ".ini", ".mako", ".svg", ".conf", ""),
}
# Written with brackets, so that this file does not break its own rule.
FORBIDDEN_WORDS = {
    "the host of a package registry": re.compile(r"py[p]i\.org|python[h]osted\.|npm[j]s\.|deb\.de[b]ian\.org"),
    "a path of one machine": re.compile(r"(?<![\w.$}~-])/(?:wor[k]|roo[t]|tm[p])(?=/|[\s'\"`,;:)]|$)"),
    "work put off": re.compile(r"\b(?:TO[D]O|FIX[M]E)\b"),
}
EXCUSES = re.compile(r"# (?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])(?P<reason>.*)$")
UNNAMED_EXCUSE = re.compile(r"# (?:noqa(?!:)|type: ignore(?!\[))")


def files(root: Path, *patterns: str) -> Iterator[tuple[str, Path]]:
    """The project's own files that match, with their paths below the root."""
    found = {path.relative_to(root): path for pattern in patterns for path in root.glob(pattern)}
    for name, path in sorted(found.items()):
        if path.is_file() and not any(is_foreign(folder) for folder in name.parts[:-1]):
            yield name.as_posix(), path


def is_foreign(folder: str) -> bool:
    """Whether a folder holds nothing that we wrote."""
    return folder in NOT_OURS or (folder.startswith(".") and folder not in OUR_DOT_FOLDERS)


@lru_cache(maxsize=1024)
def tree(path: Path) -> ast.Module:
    """A module as its syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def called_name(call: ast.expr) -> str:
    """The last name of what is called: `commit` for `db.session.commit()`."""
    target = call.func if isinstance(call, ast.Call) else call
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""


def calls(module: ast.AST, name: str) -> list[ast.Call]:
    """Every call of that name in the tree."""
    return [node for node in ast.walk(module) if isinstance(node, ast.Call) and called_name(node) == name]


def only_the_database_module_commits(root: Path) -> list[str]:
    """A transaction ends in one place; a service that commits would tear its caller's transaction apart.

    The search engine has a writer of its own, which is no transaction of the database.
    """
    return [
        f"{name}:{call.lineno}: commits"
        for name, path in files(root, "forum/**/*.py")
        if name != "forum/kit/db.py"
        for call in calls(tree(path), "commit")
        if not (name.startswith("forum/search/") and ast.unparse(call.func).endswith("writer.commit"))
    ]


def no_module_is_too_long(root: Path) -> list[str]:
    """A module longer than this has two subjects."""
    offences = []
    for name, path in files(root, *OUR_MODULES):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE and not name.startswith("migrations/"):
            offences.append(f"{name}: {lines} lines, {LONGEST_MODULE} are allowed")
    return offences


def every_module_opens_with_one_sentence(root: Path) -> list[str]:
    """Whoever opens a file reads first what it is for."""
    offences = []
    for name, path in files(root, *OUR_MODULES):
        opening = (ast.get_docstring(tree(path)) or "").split("\n\n")[0]
        if not re.search(r"[.:?](?:\s|$)", opening):
            offences.append(f"{name}: does not open with a sentence")
    return offences


def every_event_is_in_the_table(root: Path) -> list[str]:
    """The table answers "what happens then?" for every event, with an empty list where nothing does."""
    table = root / "forum" / "reactions.py"
    if not table.exists():
        return []
    dictionaries = [node for node in ast.walk(tree(table)) if isinstance(node, ast.Dict)]
    listed = {called_name(key) for dictionary in dictionaries for key in dictionary.keys if key is not None}
    return [
        f"{name}: {event} is not in forum/reactions.py"
        for name, path in files(root, "forum/*/events.py")
        for event in events_of(tree(path))
        if event not in listed
    ]


def events_of(module: ast.Module) -> list[str]:
    """The classes that name a type of event."""
    return [
        node.name
        for node in module.body
        if isinstance(node, ast.ClassDef) and any(names_a_type(line) for line in node.body)
    ]


def names_a_type(line: ast.stmt) -> bool:
    """Whether a line of a class gives `type` a value."""
    targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
    named = any(isinstance(target, ast.Name) and target.id == "type" for target in targets)
    return named and getattr(line, "value", None) is not None


def migrations_never_mention_the_forum(root: Path) -> list[str]:
    """A migration that imports today's models breaks on the day they change."""
    return [
        f"{name}: mentions the package forum"
        for name, path in files(root, "migrations/versions/*.py")
        if re.search(r"\bforum\b", path.read_text(encoding="utf-8"))
    ]


def every_key_of_the_environment_is_in_the_readme(root: Path) -> list[str]:
    """An operator finds every switch in one table."""
    readme = root / "README.md"
    if not readme.exists():
        return []
    told = set(re.findall(r"FORUM_[A-Z_]*[A-Z]", readme.read_text(encoding="utf-8")))
    return [
        f"{name}: {key} is not in README.md"
        for name, path in files(root, *ENVIRONMENT_READERS)
        for key in sorted(set(re.findall(r"FORUM_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))) - told)
    ]


def only_the_configuration_reads_the_environment(root: Path) -> list[str]:
    """Code that reads the environment by itself cannot be configured by a test."""
    return [
        f"{name}:{node.lineno}: reads the environment"
        for name, path in files(root, "forum/**/*.py", "wsgi.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and ast.unparse(node) != "request.environ"  # what a visitor sent, not what the operator set
    ]


def text_is_marked_safe_in_few_listed_places(root: Path, listed: dict[str, tuple[int, str]] | None = None) -> list[str]:
    """Each place that trusts HTML is known by name, and there are few of them."""
    listed = SAFE_SITES if listed is None else listed
    offences = []
    for name, found in safe_sites(root):
        allowed, _ = listed.get(name, (0, ""))
        if found > allowed:
            offences.append(f"{name}: marks text as safe {found} times, {allowed} are listed")
    if sum(count for count, _ in listed.values()) > MOST_SAFE_SITES:
        offences.append(f"more than {MOST_SAFE_SITES} safe sites are listed")
    return offences


def safe_sites(root: Path) -> Iterator[tuple[str, int]]:
    """Where and how often text is marked as safe."""
    for name, path in files(root, "forum/**/*.py"):
        yield name, len(calls(tree(path), "Markup"))
    for name, path in files(root, "templates/**/*", "forum/**/*.html"):
        text = path.read_text(encoding="utf-8")
        yield name, len(re.findall(r"\|\s*safe(?:_html)?\b|autoescape\s+false|\bMarkup\(", text))


def screenings_are_made_where_text_is_screened(root: Path) -> list[str]:
    """A verdict on a text says that somebody looked; `Screening.trusted(why)` says why nobody had to."""
    return [
        f"{name}:{call.lineno}: makes a Screening"
        for name, path in files(root, "forum/**/*.py")
        if name not in SCREENING_MAKERS
        for call in calls(tree(path), "Screening")
    ]


def no_forbidden_words(root: Path) -> list[str]:
    """Nothing in the project names a registry, one person's machine, or work put off."""
    offences = []
    for name, path in files(root, "**/*"):
        if path.suffix not in TEXT_ENDINGS or path.stat().st_size > 1_000_000:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        offences += [
            f"{name}:{text.count(chr(10), 0, found.start()) + 1}: names {what}"
            for what, pattern in FORBIDDEN_WORDS.items()
            for found in pattern.finditer(text)
        ]
    return offences


def every_excuse_has_its_reason(root: Path) -> list[str]:
    """Whoever silences a check says on the same line which one and why."""
    offences = []
    for name, path in files(root, *OUR_MODULES):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            excuses = EXCUSES.search(line)
            bare = excuses is not None and not re.search(r"\w{3}", excuses["reason"])
            if bare or (UNNAMED_EXCUSE.search(line) and "re.compile" not in line):
                offences.append(f"{name}:{number}: silences a check without a reason")
    return offences


def each_unsafe_route_opens_one_transaction(root: Path, excused: Iterable[str] | None = None) -> list[str]:
    """A request that changes something does so whole or not at all."""
    excused = ROUTES_WITHOUT_ONE_TRANSACTION if excused is None else excused
    return [
        f"{where}: opens {count} transactions"
        for where, unsafe, count in routes(root)
        if unsafe and count != 1 and where not in excused
    ]


def no_safe_route_opens_a_transaction(root: Path, excused: Iterable[str] | None = None) -> list[str]:
    """Looking changes nothing: what a GET has to count goes to the spool."""
    excused = WRITING_SAFE_ROUTES if excused is None else excused
    return [
        f"{where}: writes although it is reached by GET"
        for where, unsafe, count in routes(root)
        if not unsafe and count and where not in excused
    ]


def routes(root: Path) -> Iterator[tuple[str, bool, int]]:
    """Every view of the doors: "path:function", whether it is unsafe, how many transactions it opens."""
    for name, path in files(root, *DOORS):
        module = tree(path)
        functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        for view, methods in views(module):
            yield f"{name}:{view.name}", bool(methods & UNSAFE_METHODS), transactions(view, functions)


def views(module: ast.Module) -> Iterator[tuple[ast.FunctionDef, set[str]]]:
    """Functions that a route decorator or a view class makes reachable, with their methods."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and VIEW_BASES & {called_name(base) for base in node.bases}:
            methods = [line for line in node.body if isinstance(line, ast.FunctionDef)]
            yield from ((method, {method.name}) for method in methods if method.name in UNSAFE_METHODS | {"get"})
        elif isinstance(node, ast.FunctionDef):
            methods = {method for decorator in node.decorator_list for method in route_methods(decorator)}
            if methods:
                yield node, methods


def route_methods(decorator: ast.expr) -> set[str]:
    """The methods that a decorator answers; none when it is no route."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return set()
    if decorator.func.attr in UNSAFE_METHODS | {"get"}:
        return {decorator.func.attr}
    if decorator.func.attr != "route":
        return set()
    given = next((word.value for word in decorator.keywords if word.arg == "methods"), None)
    constants = ast.walk(given) if given is not None else ()
    return {str(node.value).lower() for node in constants if isinstance(node, ast.Constant)} or {"get"}


def transactions(view: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> int:
    """How many `with transaction()` a view holds, with those of the functions beside it that it calls."""
    reached, waiting = {view.name: view}, [view]
    while waiting:
        for node in ast.walk(waiting.pop()):
            beside = functions.get(node.id) if isinstance(node, ast.Name) else None
            if beside is not None and beside.name not in reached:
                reached[beside.name] = beside
                waiting.append(beside)
    opened = [item for function in reached.values() for item in with_items(function)]
    return sum(1 for item in opened if called_name(item) == "transaction")


def with_items(function: ast.FunctionDef) -> list[ast.expr]:
    """Everything a function enters by `with`."""
    blocks = [node for node in ast.walk(function) if isinstance(node, ast.With)]
    return [item.context_expr for block in blocks for item in block.items]


def every_room_is_under_the_import_contracts(root: Path) -> list[str]:
    """A new room is held to the same order inside, and to knowing nothing of HTTP."""
    settings = root / "pyproject.toml"
    if not settings.exists():
        return []
    contracts = tomllib.loads(settings.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    floors = {name for contract in contracts for name in contract.get("source_modules", [])}
    rooms = {name for contract in contracts[1:] for name in contract.get("containers", [])}
    offences = []
    for path in sorted((root / "forum").glob("*/__init__.py")):
        room = path.parent.name
        if room not in DOOR_ROOMS and f"forum.{room}" not in floors:
            offences.append(f"forum/{room}: is not held to knowing nothing of HTTP")
        if (path.parent / "service.py").exists() and f"forum.{room}" not in rooms | {"forum.kit"}:
            offences.append(f"forum/{room}: is not held to the order inside a room")
    return offences

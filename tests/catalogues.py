"""The catalogues of translations: reads the sentences out of the source, and what is wrong with a catalogue.

`python -m tests.catalogues` brings every messages.po in line with the source, compiles it, and lists what waits for a
translator.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.util import pathmatch
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "forum" / "locale"
# The functions of a template, and those that forum.kit.words gives to Python.
TEMPLATE = {"_": None, "gettext": None, "ngettext": (1, 2)}
LAZY = {"text": None, "ntext": (1, 2)}
# forum/accounts/site.py: a setting's label stands third, its hint, if it has one, fourth.
SETTING = {"_setting": {None: (3,), **{count: (4,) for count in range(4, 9)}}}
PLACEHOLDER = re.compile(r"\{(\w*)[^}]*\}")
# A particle written for both sounds, 을(를); or one straight after a value, whose sound nobody knows: {name}을.
UNDECIDED = re.compile(
    r"[을은이와를는가과]\([을은이와를는가과]\)|\(으\)로|\(이\)|[을은와]/[를는과]|이/가"
    r"|\}[’”)]?(?:이|가|은|는|을|를|와|과|로|으로|이나|나|랑|이랑)(?![가-힣])"
)
HEADER = """# The sentences of Madang in another language. Brought up to date by: python -m tests.catalogues
msgid ""
msgstr ""
"Language: {locale}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def sources(root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Every file that may hold sentences, with the way to read it."""
    with (LOCALES / "babel.cfg").open() as file:
        methods, _ = parse_mapping_cfg(file)
    for pattern, method in methods:
        for path in sorted((root / pattern.split("/")[0]).rglob("*" + Path(pattern).suffix)):
            if pathmatch(pattern, path.relative_to(root).as_posix()):
                yield path, method


def lazy_names(tree: ast.Module) -> set[str]:
    """Which of the functions of forum.kit.words a module has; SQLAlchemy has a `text` too."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.name for node in imports if node.module == "forum.kit.words" for name in node.names} & set(LAZY)


def extracted(root: Path = ROOT) -> Catalog:
    """Every sentence of the source, with the places where it stands."""
    found = Catalog(project="Madang", charset="utf-8")
    for path, method in sources(root):
        keywords: dict = dict(TEMPLATE)
        if method == "python":
            own = lazy_names(ast.parse(path.read_text()))
            keywords = {name: LAZY[name] for name in own} | (SETTING if path.name == "site.py" else {})
        for line, message, comments, _ in extract_from_file(method, path, keywords):
            words = message if isinstance(message, str) else message[0]
            if words.strip():
                found.add(message, None, [(path.relative_to(root).as_posix(), line)], auto_comments=comments)
    return found


def unreadable(root: Path = ROOT) -> list[str]:
    """Calls whose sentence is not written in them: no catalogue can hold it."""
    found = []
    for path, method in sources(root):
        calls = _python_calls(path) if method == "python" else _template_calls(path)
        found += [f"{path.relative_to(root)}:{line}" for line, is_written in calls if not is_written]
    return found


def _python_calls(path: Path) -> Iterator[tuple[int, bool]]:
    tree = ast.parse(path.read_text())
    own = lazy_names(tree)
    inside = {
        call
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in SETTING
        for call in ast.walk(node)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in own
            and node not in inside
        ):
            written = node.args[: 2 if node.func.id == "ntext" else 1]
            yield node.lineno, all(isinstance(one, ast.Constant) for one in written)


def _template_calls(path: Path) -> Iterator[tuple[int, bool]]:
    for call in Environment(autoescape=True).parse(path.read_text()).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in TEMPLATE:
            written = call.args[: 2 if call.node.name == "ngettext" else 1]
            yield call.lineno, all(isinstance(one, nodes.Const) for one in written)


def catalogue(path: Path) -> Catalog:
    """A catalogue as its file says it."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


def both(message: Message) -> tuple[list[str], list[str]]:
    """The sentence and its translation, each as its forms."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    said = [message.string or ""] if isinstance(message.string, str | None) else list(message.string)
    return ids, said


def keys(found: Catalog) -> set[tuple[str, ...]]:
    """The sentences of a catalogue, each with its plural if it has one."""
    return {tuple(both(message)[0]) for message in found if message.id}


def is_untranslated(message: Message) -> bool:
    """Whether a form is missing or only guessed."""
    return message.fuzzy or not all(both(message)[1])


def loses_a_value(message: Message) -> bool:
    """Whether a form has other {names} than the sentence, of which the plural names all."""
    ids, said = both(message)
    wanted = sorted(PLACEHOLDER.findall(ids[-1]))
    return any(sorted(PLACEHOLDER.findall(form)) != wanted for form in said)


def is_undecided(message: Message) -> bool:
    """Whether a particle is written for both sounds, such as 을(를)."""
    return any(UNDECIDED.search(form) for form in both(message)[1])


def is_english(message: Message) -> bool:
    """Whether the translation is the sentence itself, or has no word of Korean."""
    ids, said = both(message)
    has_words = re.search(r"[A-Za-z]", PLACEHOLDER.sub("", ids[0]))
    return bool(has_words) and any(form in ids or not re.search("[가-힣]", form) for form in said)


def wrong(found: Catalog, what: Callable[[Message], bool]) -> list[str]:
    """The sentences of a catalogue of which something is true."""
    return [both(message)[0][0] for message in found if message.id and what(message)]


def untold(text: str) -> list[str]:
    """Words of a template that people would see and no catalogue holds; found by a capital letter or a space."""
    bare = re.sub(r"(?s)\{#.*?#\}|<script.*?</script>|<svg.*?</svg>|<code.*?</code>", "", text)
    bare = re.sub(r"\{% block \w+ %\}[a-z -]*\{% endblock %\}", "", bare)  # names of classes
    bare = re.sub(r"(?s)\{\{.*?\}\}|\{%.*?%\}", "\x00", bare)
    shown = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', bare)
    between = re.sub(r"(?s)<[^>]*>", "\n", bare)
    shown += re.sub(r'[\w-]+="[^"]*"|\bdata-\w+', "", between).splitlines()
    return [line.strip("\x00 ") for line in shown if re.search(r"[A-Z][a-z]|[a-z]{2,} [a-z]{2,}", line)]


def save(found: Catalog, path: Path) -> None:
    """Write a catalogue so that the same sentences always give the same file, and compile it."""
    lines = io.BytesIO()
    write_po(lines, found, width=120, sort_by_file=True, include_lineno=False)
    _, body = lines.getvalue().decode().split("\n\n", 1)
    path.write_text(HEADER.format(locale=found.locale, plurals=found.plural_forms) + body)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, found)


def refresh() -> int:
    """Bring the catalogues in line with the source; returns how many sentences wait for a translator."""
    template, waiting = extracted(), 0
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/messages.po")):
        known = catalogue(path)
        known.update(template, no_fuzzy_matching=True)
        known.obsolete.clear()
        save(known, path)
        missing = wrong(known, is_untranslated)
        waiting += len(missing)
        print(f"{path.relative_to(ROOT)}: {len(known)} sentences, {len(missing)} to translate")
        for sentence in missing:
            print(f"  {sentence}")
    return waiting


if __name__ == "__main__":
    sys.exit(1 if refresh() else 0)

"""The template environment: one for each language, its sentences already in the compiled pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from pathlib import Path
from types import BuiltinMethodType, FunctionType
from typing import Any

from flask import Flask, Response, current_app, g, get_flashed_messages, make_response, request
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from forum.accounts.site import site
from forum.discussion.categories import readable_categories
from forum.http import locale as words
from forum.http import paths
from forum.http.templating import Folding, Inlining, imported
from forum.http.viewer import person, viewer
from forum.kit.settings import current_version
from forum.kit.text import josa

ICONS = "_icons.html"
# About 3 kB each, in each process and language.
FRAGMENTS = 3000
KEPT_PAGES = 500  # of some 30 kB each
ICON_NAME = re.compile(r'<use href="#i-([^"]*)"')


class Fragments:
    """Pieces of pages that were made before, kept by everything they show; a piece with another key is made anew."""

    def __init__(self, most: int) -> None:
        """Begin with none; beyond `most` pieces the oldest goes."""
        self._most, self._kept = most, dict[Hashable, str]()

    def fragment(self, key: Hashable | None, macro: Callable[..., str], *given: Any) -> str:
        """What the macro makes of `given`; without a key it is for one person's eyes and not kept."""
        if key is None:
            return macro(*given)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= self._most:
                self._kept.pop(next(iter(self._kept)), None)
            found = self._kept[key] = macro(*given)
        return found


class QuickContext(Context):
    """The context of a running template, with a short way to call macros and plain functions: nearly all it calls."""

    def call(self, obj: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        """Call what a template calls; whatever is unusual goes the framework's long way."""
        kind = type(obj)
        if kind is Macro:
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            return obj(self.eval_ctx, *args, **named)
        if kind is BuiltinMethodType or (kind is FunctionType and "jinja_pass_arg" not in obj.__dict__):
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            return obj(*args, **named)
        return super().call(obj, *args, **named)


class PageEnvironment(Environment):
    """A Jinja environment of one language."""

    context_class = QuickContext

    def __init__(self, locale: str, folder: Path, **options: Any) -> None:
        """Autoescape always; an unknown name is an error, never an empty place."""
        super().__init__(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            **options,
        )
        self.locale = locale
        self._inlined: dict[str, dict[str, nodes.Macro]] = {}
        self.kept_pages = Fragments(KEPT_PAGES)
        self.globals.update(
            words.template_words(locale),
            paths=paths,
            locale=locale,
            static=static,
            fragment=Fragments(FRAGMENTS).fragment,
            dated=lambda *moments: words.dated(locale, *moments),
        )
        self.filters.update(
            n=words.number,
            say=lambda text: words.say(text, locale),
            ago=lambda at: words.ago(at, locale),
            since=lambda at: words.since(at, locale),
            span=lambda seconds: words.span(seconds, locale),
            date=lambda at: words.date(at, locale),
            moment=lambda at: words.moment(at, locale),
            initials=initials,
            hue=lambda name: sum(name.encode()) % 6,
            josa=josa,
            icon_names=lambda page: dict.fromkeys(ICON_NAME.findall(page)),
            # Made by kit.text at the moment of writing: rendered, sanitised twice, addresses checked.
            safe_html=Markup,
        )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        icon = None if name == ICONS else getattr(self.get_template(ICONS).module, "icon", None)
        tree = Folding(words.catalogue(self.locale).gettext, icon).visit(tree)
        macros = {here: found for other, there, here in imported(tree) if (found := self._macros(other).get(there))}
        inlining = Inlining(macros, self.globals)
        inlined = inlining.visit(tree)
        assert isinstance(inlined, nodes.Template)
        if name is not None:
            self._inlined[name] = inlining.own
        return inlined

    def _macros(self, template: str) -> dict[str, nodes.Macro]:
        """The macros of another template that can be put into this one."""
        if template not in self._inlined:
            self.get_template(template)
        return self._inlined.get(template, {})


def initials(name: str) -> str:
    """One or two characters for a picture: "Lena M." LM, "teacup" TE, "유진" 유진."""
    parts = [part for part in name.replace(".", " ").replace("_", " ").replace("-", " ").split() if part]
    if len(parts) > 1 and name.isascii():
        return (parts[0][0] + parts[1][0]).upper()
    return (parts[0][:2] if parts else "?").upper()


def init_app(app: Flask, folder: Path) -> None:
    """Make an environment for every language."""
    app.extensions["pages"] = {
        locale: PageEnvironment(locale, folder, auto_reload=app.debug) for locale in words.LOCALES
    }
    app.extensions["static_hashes"] = {}


def static(name: str) -> str:
    """The address of a file under static/, with a mark that changes with the file, so that it may be kept."""
    hashes: dict[str, str] = current_app.extensions["static_hashes"]
    if name not in hashes:
        path = Path(current_app.static_folder or "static") / name
        hashes[name] = f"/static/{name}?v={int(path.stat().st_mtime) if path.exists() else 0:x}"
    return hashes[name]


def render(template: str, *, kept: Hashable = None, values: Callable[[], dict[str, Any]]) -> str:
    """A page as text, with what every page has: site, viewer, categories, language, theme, messages.

    `kept` is everything beside the frame that a visitor sees depend on: a page with an equal one is not made again,
    and `values` is not asked. A signed-in person's page is always made.
    """
    locale = words.current()
    known, who = person(), viewer()
    environment: PageEnvironment = current_app.extensions["pages"][locale]
    theme = request.cookies.get("theme") or (known.theme if known else "auto")
    theme = theme if theme in {"light", "dark"} else "auto"

    def made() -> str:
        return environment.get_template(template).render(_frame(theme, locale) | values())

    if kept is None or known is not None or who.is_member:
        return made()
    key = (template, kept, theme, request.full_path, current_version())
    return environment.kept_pages.fragment(key, made)


def _frame(theme: str, locale: str) -> dict[str, Any]:
    known, who = person(), viewer()
    return {
        "site": site(),
        "viewer": who,
        "unread": known.unread if known else 0,
        "theme": theme,
        "nav_categories": readable_categories(who),
        "path": request.path,
        "here": request.full_path.rstrip("?"),
        "other_locale": "ko" if locale == "en" else "en",
        "csrf_token": _csrf_token,
        "messages": get_flashed_messages(with_categories=True) if known else [],
    }


def _csrf_token() -> str:
    """A token for a form; the page that carries it belongs to one visitor and is stored nowhere."""
    g.no_store = True
    token: str = generate_csrf()
    return token


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page as an answer; a language that was asked for in the address is remembered in a cookie."""
    return _answer(render(template, values=lambda: values), status)


def kept_page(template: str, kept: Hashable, values: Callable[[], dict[str, Any]]) -> Response:
    """A page that visitors get as it was made before, as long as `kept` is equal: see `render`."""
    return _answer(render(template, kept=kept, values=values), 200)


def _answer(text: str, status: int) -> Response:
    response = make_response(text, status)
    response.headers["Content-Language"] = words.current()
    response.headers["Vary"] = "Accept-Language, Cookie"
    asked = request.args.get("lang")
    if asked in words.LOCALES:
        response.set_cookie(words.COOKIE, asked, max_age=31536000, samesite="Lax", secure=request.is_secure)
    return response

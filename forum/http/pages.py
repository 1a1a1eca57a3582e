"""The template environment: one for each language, its sentences already in the compiled pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, get_flashed_messages, make_response, request
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from forum.accounts.site import site
from forum.discussion.categories import readable_categories
from forum.http import locale as words
from forum.http import paths
from forum.http.viewer import person, viewer
from forum.kit.text import josa


class _Translated(NodeTransformer):
    """Puts the translation of every plain `_("…")` into the compiled template, so that a page pays nothing for it."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        """Remember the catalogue."""
        self._translate = translate

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """Replace a call of `_` with one constant and no values."""
        self.generic_visit(node)
        target, args = node.node, node.args
        plain = isinstance(target, nodes.Name) and target.name == "_" and len(args) == 1 and not node.kwargs
        if plain and isinstance(args[0], nodes.Const):
            return nodes.Const(self._translate(args[0].value), lineno=node.lineno)
        return node


class PageEnvironment(Environment):
    """A Jinja environment of one language."""

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
        self.globals.update(words.template_words(locale), paths=paths, locale=locale, static=static)
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
            # Made by kit.text at the moment of writing: rendered, sanitised twice, addresses checked.
            safe_html=Markup,
        )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        translated = _Translated(words.catalogue(self.locale).gettext).visit(tree)
        assert isinstance(translated, nodes.Template)
        return translated


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


def render(template: str, **values: Any) -> str:
    """A page as text, with what every page has: site, viewer, categories, language, theme, messages."""
    locale = words.current()
    known, who = person(), viewer()
    environment: PageEnvironment = current_app.extensions["pages"][locale]
    theme = request.cookies.get("theme") or (known.theme if known else "auto")
    base = {
        "site": site(),
        "viewer": who,
        "unread": known.unread if known else 0,
        "theme": theme if theme in {"light", "dark"} else "auto",
        "nav_categories": readable_categories(who),
        "path": request.path,
        "here": request.full_path.rstrip("?"),
        "other_locale": "ko" if locale == "en" else "en",
        "csrf_token": _csrf_token,
        "messages": get_flashed_messages(with_categories=True) if known else [],
    }
    return environment.get_template(template).render(base | values)


def _csrf_token() -> str:
    """A token for a form; the page that carries it belongs to one visitor and is stored nowhere."""
    g.no_store = True
    token: str = generate_csrf()
    return token


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page as an answer; a language that was asked for in the address is remembered in a cookie."""
    response = make_response(render(template, **values), status)
    response.headers["Content-Language"] = words.current()
    response.headers["Vary"] = "Accept-Language, Cookie"
    asked = request.args.get("lang")
    if asked in words.LOCALES:
        response.set_cookie(words.COOKIE, asked, max_age=31536000, samesite="Lax", secure=request.is_secure)
    return response

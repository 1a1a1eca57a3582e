"""Hostile text stays text: scripts, addresses, naughty strings, and input made to be slow."""

from __future__ import annotations

import time
from html import escape

import pytest

from forum.kit.text import (
    excerpt,
    fingerprint,
    guess_lang,
    links,
    render,
    single_line,
    skeleton,
    slugify,
    to_plain,
)
from forum.kit.text.clean import ALLOWED, LINK_REL, clean, safe_href, safe_src
from forum.kit.text.code import LANGUAGES, code_block
from tests.kit.hostile import BODY_LIMIT, offences, pathological, rows

CPU_SECONDS = 2.0

SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>@import 'http://evil.example'</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=/logout><input name=attributes></form>",
    "<p id=forum class=admin style='position:fixed'>x</p>",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<textarea></textarea><script>alert(1)</script>",
    "<base href=//evil.example><object data=x><embed src=x>",
]
DANGEROUS_URLS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "javascript\t:alert(1)",
    "javascript:1",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "java&#10;script:alert(1)",
    "javascript&#x3A;alert(1)",
    "vbscript:msgbox(1)",
    "VBSCRIPT:1",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml,<svg/>",
    "data:1",
    "DATA:text/html;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "evil:1",
    "blob:https://a.example/1",
    "view-source:https://a.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:/evil.example",
    "https://",
    "https://brand.example@evil.example",
    "https://a.example:99999/",
    "feed:javascript:alert(1)",
    "jar:javascript:alert(1)!/",
    "about:blank",
    "ftp://a.example",
    "mailto:",
    "\u2028javascript:1",
]
STRANGE = [
    "", " ", "\x00\x01\x7f", "\ud800", "\udc00\ud800", "\u023a", "\ufdfa", "Z\u0351\u036b\u0343\u034f", "\ufeff",
    "田中さん", "\u202e\u202d", "%s%n", "${7*7}{{7*7}}", "\u2028\u2029",
    "\x85", "한", "ᄒ",
    "\U000e0001", "\U0010ffff", "]]>",
]  # fmt: skip
SLOW = {
    "one long address named a thousand times": "[a]: /" + "x" * 16_000 + "\n\n" + "[a]" * 5_300,
    "a wide table of empty rows": "|" + "a|" * 250 + "\n|" + "-|" * 250 + "\n" + "|\n" * 15_000,
    "schemes without an end": "http://a" * 4_000,
    "hosts that never close": "://한." * 6_400,
    "slashes and Hangul": "://가" * 8_000,
    "addresses and particles": "a.kr은" * 6_400,
    "links with particles": "a.kr은 " * 5_300,
    "letters and dots": "가.나" * 10_600,
    "a long host": "http://" + "가" * 31_900 + ".kr",
    "emphasis around brackets": "**(가)**나" * 3_500,
    "tasks": "- [x] a\n" * 4_000,
    "nested quotes": "> " * 16_000,
    "nested lists": "- " * 16_000,
    "open brackets": "![" * 16_000,
    "blocks of code": "```py\nx\n```\n" * 2_400,
    "a block of newlines in Java": "```java\n" + "\n" * 3_900 + "```",
    "a block of words in Java": "```java\n" + "a b " * 990 + "\n```",
    "a long block of words in Java": "```java\n" + "a b " * 7_900 + "\n```",
    "a block of slashes in C": "```c\n" + "/" * 3_900 + "\n```",
    "a block of question marks in TypeScript": "```ts\n" + "a?" * 1_990 + "\n```",
    "delimiter rows that are none": "-|" * 15_900 + "x\n",
    "marks on one letter": "a" + "\u0301" * 31_999,
}


def test_the_allow_list_is_exactly_this() -> None:
    assert {tag: sorted(names) for tag, names in ALLOWED.items()} == {
        "a": ["href", "title"], "blockquote": [], "br": [], "code": ["class"], "div": ["class", "tabindex"],
        "em": [], "h3": [], "h4": [], "h5": [], "h6": [], "hr": [], "img": ["alt", "loading", "src", "title"],
        "li": ["class"], "ol": ["class", "start"], "p": [], "pre": ["tabindex"], "s": [], "span": ["class"],
        "strong": [], "table": [], "tbody": [], "td": ["class"], "th": ["class"], "thead": [], "tr": [],
        "ul": ["class"],
    }  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_raw_html_is_shown_as_text(script: str) -> None:
    html = render(f"before {script} after")
    assert offences(html) == []
    assert "before" in html
    assert "after" in html
    assert "&lt;" in html


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_barriers_stop_what_a_renderer_would_let_through(script: str) -> None:
    assert offences(clean(f"<p>{script}</p>")) == []


@pytest.mark.parametrize("url", DANGEROUS_URLS)
def test_a_dangerous_address_is_no_link_in_any_spelling(url: str) -> None:
    for markdown in (f"[x]({url})", f"![x]({url})", f"<{url}>", f"[x][1]\n\n[1]: {url}", f"[x](<{url}>)"):
        assert offences(render(markdown)) == [], markdown
    assert offences(clean(f'<a href="{escape(url)}">x</a><img src="{escape(url)}">')) == []
    assert offences(clean(f"<a href='{url}'>x</a>")) == []


@pytest.mark.parametrize("url", [url for url in DANGEROUS_URLS if "&" not in url])
def test_the_last_check_refuses_a_dangerous_address_by_itself(url: str) -> None:
    assert not safe_href(url)
    assert not safe_src(url)


@pytest.mark.parametrize(
    "url", ["https://a.example/b?c=d#e", "http://한국.kr/경로", "HTTPS://A.EXAMPLE", "https://[::1]:8/"]
)
def test_web_addresses_pass(url: str) -> None:
    assert safe_href(url)
    assert safe_src(url)


@pytest.mark.parametrize("url", ["/t/1", "/", "#part", "mailto:help@brand.example"])
def test_paths_parts_and_mail_pass_as_links_only(url: str) -> None:
    assert safe_href(url)
    assert not safe_src(url)


def test_classes_that_are_not_ours_do_not_pass() -> None:
    spans = clean('<span class="hl-k">a</span><span class="hl-k btn">b</span>')
    assert spans == '<span class="hl-k">a</span><span>b</span>'
    assert clean('<ul class="menu"><li class="task x">c</li></ul>') == "<ul><li>c</li></ul>"


def test_a_link_of_any_kind_carries_the_same_relation() -> None:
    for markdown in ("https://a.example", "[x](/t/1)", "<https://a.example>", "a@b.net", "www.b.net"):
        assert f'rel="{LINK_REL}"' in render(markdown), markdown


@pytest.mark.parametrize("language", ['"><script>', "python onload=alert(1)", "x" * 500, "../../etc", "__class__"])
def test_the_name_of_a_language_reaches_no_attribute(language: str) -> None:
    html = render(f"```{language}\nx\n```")
    assert offences(html) == []
    assert "onload" not in html
    assert 'class="' not in html or 'class="language-python"' in html


def test_every_raw_html_vector_is_harmless_behind_the_barriers() -> None:
    for row in rows("xss_html.json"):
        assert offences(clean(row["html"])) == [], row["id"]
        assert offences(render(row["html"])) == [], row["id"]


def test_every_markdown_vector_is_harmless() -> None:
    for row in rows("xss_markdown.json"):
        assert offences(render(row["markdown"])) == [], row["id"]


def test_strange_strings_pass_through_every_function() -> None:
    for text in STRANGE:
        _through_every_function(text)


def test_naughty_strings_pass_through_every_function() -> None:
    for row in rows("naughty_strings.json"):
        _through_every_function(row["s"])


@pytest.mark.parametrize("name", SLOW)
def test_input_made_to_be_slow_is_not(name: str) -> None:
    assert _cpu_seconds(SLOW[name][:BODY_LIMIT]) < CPU_SECONDS


def test_no_known_pathological_input_is_slow() -> None:
    seconds = {name: _cpu_seconds(text) for name, text in pathological().items()}
    slowest = max(seconds, key=seconds.__getitem__)
    print(f"slowest of {len(seconds)}: {slowest} {seconds[slowest]:.2f} s")
    assert {name for name, spent in seconds.items() if spent >= CPU_SECONDS} == set()


def test_a_text_that_would_grow_without_bound_is_shown_as_written() -> None:
    html = render(SLOW["one long address named a thousand times"])
    assert len(html) < 2 * BODY_LIMIT
    assert "<a" not in html
    assert "[a][a][a]" in html


def test_every_language_of_code_can_be_coloured() -> None:
    for language in LANGUAGES:
        html = clean(code_block("a = 1 # <b>\n", language, coloured=True))
        assert "&lt;" in html, language
        assert offences(html) == []


def _through_every_function(text: str) -> None:
    assert offences(render(text)) == [], text
    assert isinstance(to_plain(text), str)
    assert isinstance(links(text), tuple)
    assert guess_lang(text) in {"ko", "en", "und"}
    assert "\n" not in single_line(text) + skeleton(text)
    assert slugify(text)
    assert len(excerpt(text, 20)) <= 20
    assert len(fingerprint(text)) == 64


def _cpu_seconds(text: str) -> float:
    start = time.process_time()
    html = render(text)
    spent = time.process_time() - start
    assert len(html) < 20 * BODY_LIMIT
    return spent

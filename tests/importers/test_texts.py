"""Texts of other systems become Markdown of ours: HTML, Stack Exchange's Markdown, and the HTML inside of it."""

from __future__ import annotations

from collections import Counter

import pytest

from forum.importers.stackexchange.from_html import html_to_markdown
from forum.importers.stackexchange.from_markdown import HtmlFound, comment_markdown, post_markdown
from forum.kit.text import render

HTML = {
    "paragraphs": ("<p>One</p>\n\n<p>Two\nthree</p>", "One\n\nTwo three"),
    "a line break": ("<p>One<br>Two<br/>three</p>", "One  \nTwo  \nthree"),
    "emphasis keeps its spaces outside": ("<p>a<b> bold </b>word</p>", "a **bold** word"),
    "strong, em, strike": ("<strong>a</strong> <em>b</em> <strike>c</strike>", "**a** *b* ~~c~~"),
    "a link": (
        '<a href="https://x.example/a b" title="T">text</a>',
        '[text](<https://x.example/a%20b> "T")',
    ),
    "a link without an address": ("<a>text</a>", "text"),
    "an address without a scheme": ('<a href="//x.example/">x</a>', "[x](https://x.example/)"),
    "an image": ('<img src="https://x.example/a.png" alt="An [A]">', "![An (A)](https://x.example/a.png)"),
    "a rule": ("<p>a</p><hr><p>b</p>", "a\n\n---\n\nb"),
    "subscript and superscript": ("H<sub>2</sub>O and x<sup>n+1</sup>", "H₂O and xⁿ⁺¹"),
    "superscript without such characters": ("x<sup>♥ 2</sup>", "x♥ 2"),
    "inline code": ("<code>a`b</code> <kbd>Ctrl</kbd>", "``a`b`` `Ctrl`"),
    "a code block with its language": (
        '<pre class="lang-py prettyprint-override"><code>if a &lt; b:\n    pass\n</code></pre>',
        "```py\nif a < b:\n    pass\n```",
    ),
    "code keeps its blank lines": ("<pre><code>a\n\n\n\nb</code></pre>", "```\na\n\n\n\nb\n```"),
    "a list": ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "- a\n- b"),
    "a numbered list in a list": ("<ul><li>a<ol><li>b</li><li>c</li></ol></li></ul>", "- a\n\n  1. b\n  2. c"),
    "list items that nobody closed": ("<ul><li>a<li>b</ul>", "- a\n- b"),
    "a quote": ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
    "headings": ("<h1>A</h1><h3>B</h3>", "# A\n\n### B"),
    "a table": (
        "<table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td></tr></table>",
        "| a | b\\|c |\n| --- | --- |\n| 1 |  |",
    ),
    "text that looks like Markdown": (
        "<p>2 * 3 * 4 [a](b) &lt;b&gt; `c` ~~d~~</p>",
        r"2 \* 3 \* 4 \[a\](b) \<b\> \`c\` \~\~d\~\~",
    ),
    "a paragraph that looks like a heading": ("<p># no</p>", "\\# no"),
    "a paragraph that looks like a list": ("<p>1. no</p><p>- no</p>", "1\\. no\n\n\\- no"),
    "an entity that was meant as text": ("<p>&amp;lt; is &lt;</p>", "&amp;lt; is \\<"),
    "scripts": ("<p>a<script>alert(1)</script></p><style>b{}</style>", "a"),
}


@pytest.mark.parametrize("case", HTML)
def test_html_becomes_markdown(case: str) -> None:
    html, markdown = HTML[case]
    assert html_to_markdown(html, Counter()) == markdown


def test_html_without_a_sign_in_markdown_is_counted() -> None:
    seen: Counter[str] = Counter()
    assert html_to_markdown("<div><span>a</span> <span>b</span></div>", seen) == "a b"
    assert seen == {"div": 1, "span": 2}


def test_html_nested_without_end_is_flattened() -> None:
    assert "deep" in html_to_markdown("<blockquote>" * 5000 + "deep", Counter())


MARKDOWN = {
    "nothing to do": ("Plain **text**\r\n", "Plain **text**\n"),
    "a line break": ("one<br>two<br/>\nthree", "one  \ntwo  \nthree"),
    "a link and an image": (
        '<a href="https://x.example">see *this*</a> <img src="https://x.example/a.png" alt="A">',
        "[see *this*](https://x.example) ![A](https://x.example/a.png)",
    ),
    "a rule": ("a\n<hr>\nb", "a\n\n---\n\nb"),
    "sub and sup": ("H<sub>2</sub>O <sup>small print</sup>", "H₂O small print"),
    "kbd": ("Press <kbd>Ctrl</kbd>", "Press `Ctrl`"),
    "bold, italic, struck": ("<b>a</b> <i>b</i> <strike>c</strike> <del>d</del>", "**a** *b* ~~c~~ ~~d~~"),
    "headings": ("<h2>Title</h2>\ntext", "## Title\n\ntext"),
    "paragraphs": ("<p>a</p>\n\n<p>b</p>\n", "a\n\nb"),
    "a quote with Markdown in it": ("<blockquote>\n\n**a**\n\nb\n\n</blockquote>", "> **a**\n>\n> b"),
    "a list": ("<ul>\n  <li>a</li>\n  <li>**b**</li>\n</ul>", "- a\n- **b**"),
    "preformatted code": ("<pre><code>a &lt; b\n\n\nc</code></pre>", "```\na < b\n\n\nc\n```"),
    "preformatted code in a quote": ("<blockquote>\n<pre>a\nb</pre>\n</blockquote>", "> ```\n> a\n> b\n> ```"),
    "code spans stay": ("`<br>` and ``<b>`</b>``", "`<br>` and ``<b>`</b>``"),
    "fenced code stays": ("```\n<br>\n[tag:a]\n```\n<br>x", "```\n<br>\n[tag:a]\n```\n  \nx"),
    "indented code stays": ("a\n\n    <b>code</b>\n\n<i>b</i>", "a\n\n    <b>code</b>\n\n*b*"),
    "code in a list stays": ("- a\n\n      <b>code</b>\n\n<i>b</i>", "- a\n\n      <b>code</b>\n\n*b*"),
    "comments for the highlighter": ("<!-- language: lang-py -->\n\n    a", "    a"),
    "tags of the site": ("See [tag:a-b] and [meta-tag:c].", "See `a-b` and `c`."),
    "spoilers": ("> ! It was the butler\n>! Really", "> It was the butler\n> Really"),
    "a quoted image is no spoiler": ("> ![a](https://x.example/a.png)", "> ![a](https://x.example/a.png)"),
    "addresses in angle brackets stay": ("<https://x.example/> <b>x</b>", "<https://x.example/> **x**"),
    "less than stays": ("a < b and c > d <br>e", "a < b and c > d   \ne"),
    "links without a scheme": (
        "[a](//x.example)\n\n  [1]: //x.example",
        "[a](https://x.example)\n\n  [1]: https://x.example",
    ),
    "a break in a heading": ("# one<br/>two", "# one two"),
    "unknown tags stay": ("<span>a</span> <br>b", "<span>a</span>   \nb"),
}


@pytest.mark.parametrize("case", MARKDOWN)
def test_html_in_markdown_becomes_markdown(case: str) -> None:
    source, expected = MARKDOWN[case]
    assert post_markdown(source, HtmlFound()) == expected


def test_html_that_stays_is_shown_as_text_and_counted() -> None:
    found = HtmlFound()
    markdown = post_markdown('<span class="x">a</span><br>b <small>c</small>', found)
    assert "&lt;span" in render(markdown)
    assert found.shown == {"span": 1, "small": 1}
    assert found.converted == {"br": 1}


def test_headings_without_a_space_follow_what_the_site_showed() -> None:
    assert post_markdown("##Title", HtmlFound(), "<h2>Title</h2>") == "## Title"
    assert post_markdown("#1 is best", HtmlFound(), "<p>#1 is best</p>") == "#1 is best"


def test_a_bare_address_gets_the_title_the_site_showed() -> None:
    address = "https://x.example/q/1"
    html = f'<p><a href="{address}" rel="x">What is *it*?</a></p>'
    assert post_markdown(f"See {address}.", HtmlFound(), html) == rf"See [What is \*it\*?]({address})."
    for own in (f"[mine]({address})", f"<{address}>", f"[a][1]\n\n  [1]: {address}", f"    {address}", f"`{address}`"):
        assert post_markdown(own, HtmlFound(), html) == own


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain *text* `code`", "plain *text* `code`"),
        ("# 1 is best", "\\# 1 is best"),
        ("1. first", "1\\. first"),
        ("> who said so?", "\\> who said so?"),
        ("- yes", "\\- yes"),
        ("see [tag:a]", "see `a`"),
    ],
)
def test_a_comment_begins_no_block(source: str, expected: str) -> None:
    assert comment_markdown(source) == expected
    assert render(comment_markdown(source)).startswith("<p>")

"""Markdown as posts need it: headings, tables, tasks, code, images, plain text, and CommonMark kept."""

from __future__ import annotations

import random
import threading
from html import escape

import pytest
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import validateLink
from markdown_it.renderer import RendererHTML

from forum.kit import db
from forum.kit.text import PIPELINE_VERSION, links, render, to_plain
from forum.kit.text.code import HIGHLIGHT_LIMIT
from forum.kit.text.markdown import build_parser
from tests.kit.hostile import rows

# CommonMark 0.31.2 without its two sections on raw HTML has 588 examples. Our grammar passes as many as upstream
# does without raw HTML; 33 more differ by choice: relative addresses and strange schemes are no links, bare
# addresses are.
GRAMMAR_FLOOR = 570
SERVED_FLOOR = 537


def test_the_pipeline_has_a_version() -> None:
    assert PIPELINE_VERSION >= 1


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# One\n## Two\n### Three\n#### Four\n##### Five\n###### Six",
         "<h3>One</h3>\n<h4>Two</h4>\n<h5>Three</h5>\n<h6>Four</h6>\n<h6>Five</h6>\n<h6>Six</h6>\n"),
        ("One\n===\nTwo\n---", "<h3>One</h3>\n<h4>Two</h4>\n"),
        ("one  \ntwo\nthree", "<p>one<br>two\nthree</p>\n"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>\n"),
        ("5. five\n6. six", '<ol start="5">\n<li>five</li>\n<li>six</li>\n</ol>\n'),
        ('a & b < "c" &copy;', '<p>a &amp; b &lt; "c" ©</p>\n'),
        ("(c) -- ... \"q\"", '<p>(c) -- ... "q"</p>\n'),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_becomes_this_html(markdown: str, html: str) -> None:
    assert render(markdown) == html


def test_a_table_carries_its_alignment_as_classes_and_scrolls_in_a_frame() -> None:
    html = render("| a | b | c | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |\n")
    assert html.startswith('<div class="table-scroll" tabindex="0"><table>')
    for cell in ('th class="align-left">a', 'th class="align-center">b', 'th class="align-right">c', "th>d"):
        assert f"<{cell}<" in html
    for cell in ('td class="align-left">1', 'td class="align-center">2', 'td class="align-right">3', "td>4"):
        assert f"<{cell}<" in html
    assert "style" not in html


def test_tasks_show_their_state_as_characters() -> None:
    assert render("- [x] done\n- [ ] *open*\n- plain") == (
        '<ul class="tasks">\n<li class="task"><span class="task-box">☑</span> done</li>\n'
        '<li class="task"><span class="task-box">☐</span> <em>open</em></li>\n<li>plain</li>\n</ul>\n'
    )


def test_an_image_is_lazy_and_described() -> None:
    assert render('![A "cat"](https://a.example/c.png "Tom")') == (
        '<p><img src="https://a.example/c.png" alt="A &quot;cat&quot;" title="Tom" loading="lazy"></p>\n'
    )


def test_an_image_from_a_path_leaves_its_description() -> None:
    assert render("![A cat](/c.png)") == "<p>A cat</p>\n"


def test_code_in_a_known_language_is_coloured_by_classes() -> None:
    html = render('```py\nif x: print("<b>")\n```')
    assert html.startswith('<pre tabindex="0"><code class="language-python"><span class="hl-k">if</span>')
    assert '"&lt;b&gt;"' in html
    assert "style" not in html


def test_code_in_an_unknown_language_stays_plain() -> None:
    assert render("```klingon\nx < y\n```") == '<pre tabindex="0"><code>x &lt; y\n</code></pre>\n'
    assert render("    x < y") == '<pre tabindex="0"><code>x &lt; y\n</code></pre>\n'


def test_html_in_code_is_shown_in_every_kind_of_block() -> None:
    for markdown in (
        "```\n<b>x</b>\n```",
        "    <b>x</b>",
        "`<b>x</b>`",
        "```py\n'<b>x</b>'\n```",
        "```php\n<b>x</b>\n```",
    ):
        assert "&lt;" in render(markdown), markdown
        assert to_plain(markdown).strip("'") == "<b>x</b>"


def test_code_with_a_long_gap_stays_plain() -> None:
    assert "<span" not in render("```java\nint a;" + "\n" * 150 + "int b;\n```")


@pytest.mark.parametrize("markdown", ["[x](page.html)", "[x](evil:1)", "[x](//a.example)", "<irc://a.example>"])
def test_an_address_that_is_no_link_is_shown_as_written(markdown: str) -> None:
    assert render(markdown) == f"<p>{escape(markdown)}</p>\n"


def test_long_code_stays_plain_and_leaves_the_colours_to_the_next_block() -> None:
    html = render("```py\n" + "x = 1\n" * (HIGHLIGHT_LIMIT // 6 + 1) + "```\n\n```py\ny = 2\n```")
    first, second = html.split("</pre>")[:2]
    assert "<span" not in first
    assert "<span" in second


def test_colours_end_where_the_budget_of_a_text_ends() -> None:
    block = "```py\n" + "x = 1\n" * (HIGHLIGHT_LIMIT // 14) + "```\n\n"
    coloured = ["<span" in part for part in render(block * 4).split("</pre>")[:4]]
    assert coloured == [True, True, False, False]


def test_the_same_source_gives_the_same_html_on_every_thread() -> None:
    source = '# 제목\n\n**"인용"**은 https://naver.com입니다\n\n```py\nx = 1\n```\n\n|a|b|\n|-|-|\n|1|2|\n'
    expected, seen = render(source), set()
    threads = [threading.Thread(target=lambda: seen.update({render(source) for _ in range(20)})) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {expected}


def test_line_ends_and_decomposed_letters_make_no_difference() -> None:
    assert render("한\r\n\r\n글") == render("한\n\n글")


def test_rendering_inside_a_writing_transaction_is_refused() -> None:
    token = db._writing.set(True)
    try:
        with pytest.raises(RuntimeError, match="rendering"):
            render("x")
    finally:
        db._writing.reset(token)


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        (
            "# Title\n\nSome **bold** [words](https://a.example/hidden) and `code`.",
            "Title\n\nSome bold words and code.",
        ),
        ("see <https://a.example>", "see https://a.example"),
        ("```py\nx = 1\n```\n\nafter", "x = 1\n\nafter"),
        ("    x = 1\n\nafter", "x = 1\n\nafter"),
        ("- one\n- two\n  - three\n\nafter", "- one\n- two\n- three\n\nafter"),
        ("3. one\n4. two", "3. one\n4. two"),
        ("- [x] done\n- [ ] open", "☑ done\n☐ open"),
        ("> quoted\n\nreply", "quoted\n\nreply"),
        ("![a cat](https://a.example/c.png)", "a cat"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a\tb\t\n1\t2"),
        ("one  \ntwo\nthree", "one\ntwo\nthree"),
        ('<b>raw</b> &amp; **"인용"**은', '<b>raw</b> & "인용"은'),
    ],
)
def test_plain_text_keeps_the_words_and_drops_the_marks(markdown: str, plain: str) -> None:
    assert to_plain(markdown) == plain


def test_links_are_listed_as_often_as_they_stand_there() -> None:
    markdown = "[a](https://a.example) https://a.example www.b.net ![i](https://c.example/i.png) `https://d.example`"
    assert links(markdown) == (
        "https://a.example", "https://a.example", "http://www.b.net", "https://c.example/i.png",
    )  # fmt: skip


def test_commonmark_passes_as_far_as_upstream_without_raw_html(monkeypatch: pytest.MonkeyPatch) -> None:
    served, grammar = build_parser(), build_parser()
    monkeypatch.setattr(grammar, "validateLink", validateLink)
    grammar.options["linkify"] = False
    examples = [row for row in rows("commonmark_0.31.2.json") if row["section"] not in {"HTML blocks", "Raw HTML"}]
    passed = {
        name: sum(_upstream_html(parser, row["markdown"]) == row["html"] for row in examples)
        for name, parser in (("served", served), ("grammar", grammar))
    }
    print(f"CommonMark 0.31.2, {len(examples)} examples without raw HTML: {passed}")
    assert passed["grammar"] >= GRAMMAR_FLOOR
    assert passed["served"] >= SERVED_FLOOR


def test_random_markdown_raises_nothing() -> None:
    rng = random.Random(7)
    pieces = [
        *"*_~`[]()!<>#|-+=&\\\"': \n\t",
        "가",
        "은",
        "http://",
        "www.",
        ".kr",
        "```",
        "$",
        "😀",
        "\u200d",
        "- [ ] ",
        "> ",
    ]
    for _ in range(400):
        render("".join(rng.choices(pieces, k=40)))


def _upstream_html(parser: MarkdownIt, markdown: str) -> str:
    parser.options["xhtmlOut"] = True
    return RendererHTML(parser).render(parser.parse(markdown), parser.options, {})

"""Korean in Markdown: emphasis before particles, links that end where the particle begins; and particles."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence

import pytest
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.token import Token

from forum.kit.text import josa, links, render
from forum.kit.text.clean import safe_href
from forum.kit.text.korean import mask
from forum.kit.text.markdown import build_parser

EMPHASIS = [
    ('**"인용"**은', '<strong>"인용"</strong>은'),
    ("**한국어(韓國語)**는", "<strong>한국어(韓國語)</strong>는"),
    ("**'강조'**를 합니다", "<strong>'강조'</strong>를 합니다"),
    ("**“둥근 따옴표”**라고", "<strong>“둥근 따옴표”</strong>라고"),
    ("**「낫표」**에서", "<strong>「낫표」</strong>에서"),
    ("**『겹낫표』**의", "<strong>『겹낫표』</strong>의"),
    ("**《책》**이", "<strong>《책》</strong>이"),
    ("**[공지]**입니다", "<strong>[공지]</strong>입니다"),
    ("**100%**를 넘었다", "<strong>100%</strong>를 넘었다"),
    ("**중요!**라고 썼다", "<strong>중요!</strong>라고 썼다"),
    ("**끝났다.**그리고", "<strong>끝났다.</strong>그리고"),
    ("**정말?**이라고", "<strong>정말?</strong>이라고"),
    ("**3.2.1.**로", "<strong>3.2.1.</strong>로"),
    ("**Flask(플라스크)**와", "<strong>Flask(플라스크)</strong>와"),
    ("**`코드`**는", "<strong><code>코드</code></strong>는"),
    ("**[링크](https://a.kr)**를", ">링크</a></strong>를"),
    ('한국은**"인용"**이다', '한국은<strong>"인용"</strong>이다'),
    ("값은**(가)**이다", "값은<strong>(가)</strong>이다"),
    ("*(기울임)*은", "<em>(기울임)</em>은"),
    ('*"하나"*와 *"둘"*을', '<em>"하나"</em>와 <em>"둘"</em>을'),
    ('**"가"**와**"나"**는', '<strong>"가"</strong>와<strong>"나"</strong>는'),
    ('***"셋"***은', '<em><strong>"셋"</strong></em>은'),
    ('~~"취소"~~는', '<s>"취소"</s>는'),
    ("~~(삭제)~~된", "<s>(삭제)</s>된"),
    ("**굵게**와 *기울임*을", "<strong>굵게</strong>와 <em>기울임</em>을"),
    ("가**나**다", "가<strong>나</strong>다"),
    ("**日本（にほん）**は", "<strong>日本（にほん）</strong>は"),
    ("**中文（汉字）**的", "<strong>中文（汉字）</strong>的"),
]
NO_EMPHASIS = [
    "파일_이름_규칙",
    "가 ** 나 ** 다",
    "2*3*4는 24",
    "** 여백 **은",
    "\\*\\*글\\*\\*은",
    "별표 * 하나",
]

# What stands in the text, the address that is linked, what follows the link.
LINKS = [
    ("https://naver.com입니다", "https://naver.com", "입니다"),
    ("https://naver.com에서 봤어요", "https://naver.com", "에서 봤어요"),
    ("https://naver.com을", "https://naver.com", "을"),
    ("https://naver.com으로", "https://naver.com", "으로"),
    ("https://naver.com이라고", "https://naver.com", "이라고"),
    ("https://naver.com한국", "https://naver.com", "한국"),
    ("HTTPS://Naver.com은", "HTTPS://Naver.com", "은"),
    ("https://www.naver.co.kr의", "https://www.naver.co.kr", "의"),
    ("http://localhost.example.kr:8080에서", "http://localhost.example.kr:8080", "에서"),
    ("www.daum.net에서", "http://www.daum.net", "에서"),
    ("www.daum.net입니다.", "http://www.daum.net", "입니다."),
    ("(www.daum.net에서)", "http://www.daum.net", "에서)"),
    ("naver.com은 포털", "http://naver.com", "은 포털"),
    ("help@naver.com으로 보내세요", "mailto:help@naver.com", "으로 보내세요"),
    ("https://naver.com/path를", "https://naver.com/path", "를"),
    ("https://naver.com/path에서도", "https://naver.com/path", "에서도"),
    ("https://naver.com/a?b=c를 보세요", "https://naver.com/a?b=c", "를 보세요"),
    ("https://naver.com/a#part에서", "https://naver.com/a#part", "에서"),
    ("https://naver.com/a/입니다", "https://naver.com/a/", "입니다"),
    ("https://naver.com/a.html은", "https://naver.com/a.html", "은"),
    ("https://naver.com/a로,", "https://naver.com/a", "로,"),
    ("naver.com/path를", "http://naver.com/path", "를"),
    ("https://한국.kr입니다", "https://xn--3e0b707e.kr", "입니다"),
    ("https://한국.kr에서", "https://xn--3e0b707e.kr", "에서"),
    ("https://한국.kr/경로", "https://xn--3e0b707e.kr/%EA%B2%BD%EB%A1%9C", ""),
    ("https://한국.kr", "https://xn--3e0b707e.kr", ""),
    ("https://ko.wikipedia.org/wiki/한국", "https://ko.wikipedia.org/wiki/%ED%95%9C%EA%B5%AD", ""),
    ("https://namu.wiki/w/가", "https://namu.wiki/w/%EA%B0%80", ""),
    ("https://a.kr/?q=을", "https://a.kr/?q=%EC%9D%84", ""),
    ("https://a.kr/서울/로", "https://a.kr/%EC%84%9C%EC%9A%B8/%EB%A1%9C", ""),
    ("https://a.kr/b은/c", "https://a.kr/b%EC%9D%80/c", ""),
    ("https://naver.com 입니다", "https://naver.com", " 입니다"),
]


@pytest.mark.parametrize(("markdown", "html"), EMPHASIS)
def test_emphasis_ends_before_a_particle(markdown: str, html: str) -> None:
    assert html in render(markdown)
    assert "**" not in render(markdown)


@pytest.mark.parametrize("markdown", NO_EMPHASIS)
def test_marks_that_mean_themselves_stay(markdown: str) -> None:
    assert "<em>" not in render(markdown.replace("2*3*4", "2 * 3 * 4"))
    assert "<strong>" not in render(markdown)


@pytest.mark.parametrize(("text", "address", "rest"), LINKS)
def test_a_link_ends_where_the_korean_sentence_goes_on(text: str, address: str, rest: str) -> None:
    html = render(text)
    assert links(text) == (address,)
    assert f'href="{address}"' in html
    assert re.split("</a>", html)[1] == f"{rest}</p>\n"


def test_several_links_in_one_sentence_end_each_in_its_place() -> None:
    text = "https://naver.com과 www.daum.net을, 그리고 https://ko.wikipedia.org/wiki/한국도"
    assert links(text)[:2] == ("https://naver.com", "http://www.daum.net")


def test_the_mask_keeps_the_length_and_touches_hangul_only() -> None:
    text = "https://naver.com입니다 www.daum.net에서 가.나.다"
    assert len(mask(text)) == len(text)
    assert {a for a, b in zip(text, mask(text), strict=True) if a != b} == {"입", "에"}


def test_text_in_ascii_is_read_exactly_as_upstream_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = MarkdownIt("commonmark", {"html": False, "linkify": True, "tasklists": True})
    upstream.enable(["linkify", "table", "strikethrough"])
    upstream.linkify = LinkifyIt(schemas={"ftp:": None, "//": None})
    monkeypatch.setattr(upstream, "validateLink", safe_href)
    ours, rng = build_parser(), random.Random(20)
    pieces = [
        *"aab.,*_~`[]()!<>#|-+=:/\\\"'&; \n",
        "**",
        "__",
        "~~",
        "http://",
        "https://a.com",
        "www.",
        ".com",
        "@b.net",
    ]
    for _ in range(3_000):
        text = "".join(rng.choices(pieces, k=rng.randint(1, 40)))
        assert _shape(ours.parse(text)) == _shape(upstream.parse(text)), text


@pytest.mark.parametrize(
    ("word", "particles"),
    [
        ("한국", "은 이 을 과 으로 아"), ("나무", "는 가 를 와 로 야"), ("서울", "은 이 을 과 로 아"),
        ("물", "은 이 을 과 로 아"), ("김철수", "는 가 를 와 로 야"), ("닭", "은 이 을 과 으로 아"),
        ("1", "은 이 을 과 로 아"), ("2", "는 가 를 와 로 야"), ("3", "은 이 을 과 으로 아"),
        ("버전 7", "은 이 을 과 로 아"), ("100", "은 이 을 과 으로 아"), ("50%", "는 가 를 와 로 야"),
        ("USB", "는 가 를 와 로 야"), ("URL", "은 이 을 과 로 아"), ("VPN", "은 이 을 과 으로 아"),
        ("Google", "은 이 을 과 로 아"), ("Slack", "은 이 을 과 으로 아"), ("Flask", "는 가 를 와 로 야"),
        ("iPhone", "은 이 을 과 으로 아"), ("GitHub", "는 가 를 와 로 야"), ("menu", "는 가 를 와 로 야"),
        ('"인용"', "은 이 을 과 으로 아"), ("한국(Korea)", "은 이 을 과 으로 아"), ("나무!", "는 가 를 와 로 야"),
        ("ＵＳＢ", "는 가 를 와 로 야"), ("(주)마당", "은 이 을 과 으로 아"),
        (unicodedata.normalize("NFD", "나물"), "은 이 을 과 로 아"),
        ("🎉", "은(는) 이(가) 을(를) 과(와) (으)로 아(야)"),
        ("", "은(는) 이(가) 을(를) 과(와) (으)로 아(야)"), ("日本", "은(는) 이(가) 을(를) 과(와) (으)로 아(야)"),
    ],
)  # fmt: skip
def test_the_particle_follows_the_sound_of_the_word(word: str, particles: str) -> None:
    pairs = ("은/는", "이/가", "을/를", "과/와", "으로/로", "아/야")
    assert [josa(word, pair) for pair in pairs] == particles.split()


def test_a_pair_may_be_named_in_either_order() -> None:
    assert josa("나무", "를/을") == josa("나무", "을/를") == "를"


def test_an_unknown_pair_is_an_error() -> None:
    with pytest.raises(ValueError, match="pair"):
        josa("나무", "을/은")


def _shape(tokens: Sequence[Token]) -> list[tuple[object, ...]]:
    return [(t.type, t.tag, t.content, t.attrs, t.info, _shape(t.children or ())) for t in tokens]

"""Prepares texts outside of any transaction: Markdown, then HTML, in processes of their own where it pays."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread
from types import TracebackType
from typing import Final, Literal

from forum.importers.stackexchange.from_html import html_to_markdown
from forum.importers.stackexchange.from_markdown import HtmlFound, comment_markdown, post_markdown
from forum.importers.stackexchange.report import Report
from forum.importers.stackexchange.rows import chunks
from forum.kit.text import fingerprint, guess_lang, normalise, render

Kind = Literal["post", "comment", "html"]
# Starting processes costs about a second: below this many texts one process is faster.
_WORTH_PROCESSES: Final = 400
_MOST_PROCESSES: Final = 2
_PORTION: Final = 32


@dataclass(frozen=True, slots=True)
class Draft:
    """A text of the dump: its source, its earlier states, its title, and the HTML the site showed."""

    kind: Kind
    source: str
    earlier: tuple[str, ...] = ()
    title: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A text as it will be stored."""

    body: str
    html: str
    lang: str
    fingerprint: str
    earlier: tuple[str, ...]


Order = Callable[[], list[Ready]]


@dataclass
class Batch:
    """What one portion of drafts became, with the HTML that was met."""

    ready: list[Ready] = field(default_factory=list)
    found: HtmlFound = field(default_factory=HtmlFound)
    dropped: Counter[str] = field(default_factory=Counter)


def prepare(drafts: Sequence[Draft], rendered: bool) -> Batch:
    """Every draft as Markdown and, unless this is a dry run, as HTML."""
    batch = Batch()
    for draft in drafts:
        body = _markdown(draft, draft.source, batch.found, batch.dropped)
        # Earlier states are not shown by default: only the text in force is told of in the report.
        aside, ignored = HtmlFound(), Counter[str]()
        earlier = tuple(
            body if text == draft.source else _markdown(draft, text, aside, ignored) for text in draft.earlier
        )
        if rendered:
            lang = guess_lang(f"{draft.title}\n{body}")
            batch.ready.append(Ready(body, render(body) if body else "", lang, fingerprint(body), earlier))
        else:
            batch.ready.append(Ready(body, "", "und", "", earlier))
    return batch


def _markdown(draft: Draft, source: str, found: HtmlFound, dropped: Counter[str]) -> str:
    if draft.kind == "html":
        return normalise(html_to_markdown(source, dropped))
    if draft.kind == "comment":
        return normalise(comment_markdown(source))
    return normalise(post_markdown(source, found, draft.html))


def _end_with_parent() -> None:
    """A process whose importer was killed would wait for orders for ever."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


class Kitchen:
    """Where texts are prepared; its processes start with the first large order and end with the block."""

    def __init__(self, report: Report, *, rendered: bool) -> None:
        """Nothing is started yet."""
        self._report = report
        self._rendered = rendered
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Kitchen:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def warm_up(self, texts: int) -> None:
        """Start the processes if this many texts are worth it, to have them when the first order comes."""
        processes = min(_MOST_PROCESSES, os.cpu_count() or 1)
        if self._rendered and self._pool is None and processes > 1 and texts >= _WORTH_PROCESSES:
            # Not forked from here, where there are threads and an open database, but from a process that has neither.
            context = get_context("forkserver")
            context.set_forkserver_preload([__name__])
            self._pool = ProcessPoolExecutor(processes, context, initializer=_end_with_parent)
            for _ in range(processes):
                self._pool.submit(prepare, (), True)

    def order(self, drafts: Sequence[Draft]) -> Order:
        """Begin with these drafts; calling what comes back waits and gives them in their order, ready."""
        portions = list(chunks(drafts, _PORTION))
        if self._pool is None:
            return partial(self._serve, (prepare(portion, self._rendered) for portion in portions))
        return partial(self._serve, self._pool.map(prepare, portions, [self._rendered] * len(portions)))

    def _serve(self, batches: Iterable[Batch]) -> list[Ready]:
        served: list[Ready] = []
        for batch in batches:
            self._report.html_converted.update(batch.found.converted)
            self._report.html_shown.update(batch.found.shown)
            self._report.html_dropped.update(batch.dropped)
            served += batch.ready
        return served

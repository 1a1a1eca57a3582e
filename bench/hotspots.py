"""Says where the CPU time of a page goes: the WSGI application in this process, under Python's profiler."""

from __future__ import annotations

import argparse
import cProfile
import io
import os
import pstats
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("FORUM_QUIET", "1")

from werkzeug.test import EnvironBuilder

from bench.people import sign_in
from bench.run import requests_of
from bench.seed import seed
from bench.server import Request
from config import Config


def main() -> None:
    """Seed, warm up, time without and profile with the profiler."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="+", help="names of pages as bench/run.py prints them")
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--sort", default="tottime")
    parser.add_argument("--lines", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="madang-bench-") as folder:
        os.environ.update(FORUM_DATA_DIR=folder, FORUM_LOCALE="en")
        seeded = seed(Config.from_env(), 60)
        pages = requests_of(seeded, [sign_in(seeded.app, user_id) for user_id in seeded.member_ids[:8]])
        for name in asked.page:
            _show(name, [_environ(pages[name](n)) for n in range(asked.number)], seeded.app.wsgi_app, asked)


def _environ(wanted: Request) -> dict[str, object]:
    return EnvironBuilder(
        wanted.path.partition("?")[0],
        query_string=wanted.path.partition("?")[2],
        method=wanted.method,
        data=wanted.body,
        headers=dict(wanted.headers or {}),
        base_url="http://127.0.0.1:8000",
    ).get_environ()


def _show(name: str, environs: list[dict[str, object]], application: object, asked: argparse.Namespace) -> None:
    def run(number: int) -> None:
        for environ in environs[:number]:
            b"".join(application(dict(environ), lambda *_: lambda _: None))  # type: ignore[operator]  # a WSGI application

    run(20)
    began = time.process_time()
    run(asked.number)
    print(f"\n{name}: {(time.process_time() - began) / asked.number * 1000:.2f} ms CPU without the profiler")
    profiler = cProfile.Profile()
    profiler.runcall(run, asked.number)
    out = io.StringIO()
    pstats.Stats(profiler, stream=out).sort_stats(asked.sort).print_stats(asked.lines)
    print(out.getvalue())


if __name__ == "__main__":
    main()

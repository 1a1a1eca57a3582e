"""Real processes for tests: forked from a clean one that has the forum loaded already, so that each starts at once."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

from config import ROOT, Config
from forum import create_app

TIMEOUT = 60.0


def _context() -> Any:
    """A server that forks: this process has threads and open connections, which no fork should inherit."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.processes", "tests.conftest"])
    path = os.environ.get("PYTHONPATH", "")
    if str(ROOT) not in path.split(os.pathsep):
        os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{path}".rstrip(os.pathsep)
    return context


def start(config: Config, job: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Run `job` in a process of its own, within an application on the same database."""
    process: BaseProcess = _context().Process(target=_alone, args=(config, job, arguments), daemon=True)
    process.start()
    return process


def together(config: Config, job: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Run `job` once for each tuple of arguments, in as many processes, let go at one moment; returns their results."""
    context = _context()
    gate, answers = context.Barrier(len(arguments)), context.Queue()
    crew = [
        context.Process(target=_one_of_many, args=(config, job, given, gate, answers), daemon=True)
        for given in arguments
    ]
    for process in crew:
        process.start()
    results = [answers.get(timeout=TIMEOUT) for _ in crew]
    for process in crew:
        process.join(TIMEOUT)
    problems = [problem for problem, _ in results if problem]
    assert not problems, problems[0]
    return [result for _, result in results]


def _alone(config: Config, job: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with create_app(config).app_context():
        job(*arguments)


def _one_of_many(config: Config, job: Callable[..., Any], arguments: tuple[Any, ...], gate: Any, answers: Any) -> None:
    try:
        app = create_app(config)
        gate.wait(TIMEOUT)
        with app.app_context():
            answers.put(("", job(*arguments)))
    except BaseException:
        answers.put((traceback.format_exc(), None))
        raise

"""The developer's commands: an environment is built once, and again only when its locks or place change."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import dev


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose environment is there, and whose installer only writes down that it was called."""
    locks = tmp_path / "requirements"
    locks.mkdir()
    for name in ("run", "test", "korean", "bootstrap"):
        (locks / f"{name}.lock").write_text(f"{name}==1\n")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", venv)
    monkeypatch.setattr(dev, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(dev, "STAMP", venv / "installed.json")
    monkeypatch.setattr(dev, "LOCKS", locks)
    return tmp_path


@pytest.fixture
def installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def install(name: str) -> None:
        names.append(name)
        dev.write_stamp(name)

    monkeypatch.setattr(dev, "install", install)
    return names


def test_the_second_start_installs_nothing(installed: list[str]) -> None:
    dev.environment("run")
    dev.environment("run")
    assert installed == ["run"]


def test_an_environment_for_tests_also_runs_the_forum(installed: list[str]) -> None:
    dev.environment("test")
    dev.environment("run")
    assert installed == ["test"]


def test_a_changed_lock_is_installed_again(installed: list[str], checkout: Path) -> None:
    dev.environment("test")
    (checkout / "requirements" / "run.lock").write_text("run==2\n")
    dev.environment("run")
    dev.environment("test")
    assert installed == ["test", "run", "test"]


def test_an_environment_that_was_moved_is_built_anew(
    checkout: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[list[str]] = []
    monkeypatch.setattr(dev, "works", lambda command: not built.append(command))
    (dev.STAMP).write_text(json.dumps({"place": "elsewhere", "run": dev.digest("run")}))

    dev.environment("run")

    assert any("venv" in command for command in built)


def test_an_environment_without_a_stamp_is_kept(checkout: Path, installed: list[str]) -> None:
    dev.environment("run")
    assert json.loads(dev.STAMP.read_text())["place"] == str(dev.VENV)


def test_when_every_installer_fails_the_message_says_what_to_try(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "installers", lambda: [["false"], ["false"]])
    with pytest.raises(dev.Stop, match="network"):
        dev.install("run")
    assert not dev.STAMP.exists()


def test_a_taken_port_is_refused_by_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(dev.Stop, match="--port"):
            dev.refuse_taken_port("127.0.0.1", taken.getsockname()[1])


def test_unknown_arguments_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, dev.__file__, "run", "--prot", "80"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--prot 80" in done.stderr


def test_the_report_names_each_step_and_why_tests_were_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    dev.report(
        [("lint", False, 0.5), ("tests", True, 2.0)],
        ["SKIPPED [2] tests/test_a.py:3: no Chromium"],
        ["1 passed, 2 skipped"],
    )
    shown = capsys.readouterr().out
    assert "lint      FAILED" in shown
    assert "[2] tests/test_a.py:3: no Chromium" in shown
    assert "1 passed, 2 skipped" in shown

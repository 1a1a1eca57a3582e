#!/usr/bin/env python3
"""Madang from a bare checkout: a running forum, or a finished test run, by one command each.

Needs Python 3.11 or newer and nothing else; everything it installs goes into .venv.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOCKS = ROOT / "requirements"
LOCALES = ROOT / "forum" / "locale"
PREPARED = ROOT / "var" / "prepared"

OLDEST = (3, 11)
START_LIMIT = 60.0  # seconds until the web server must answer
HASHED_WHEELS = ["--require-hashes", "--only-binary", ":all:"]
# The one package of all locks that is published as source only: the model of the Korean morphology.
SOURCE_ONLY = {"korean": ["--no-binary", "kiwipiepy-model"]}

CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "imports": ["lint-imports", "--no-logo", "--no-cache"],
    "types": ["mypy", "forum"],
}


class Stop(Exception):
    """A command cannot go on; the message says why and what to do."""


def say(text: str = "") -> None:
    """Print at once, so that our lines and those of the programs we start stay in order."""
    print(text, flush=True)


@contextlib.contextmanager
def step(name: str):
    """Announce a step, and say how many seconds it took."""
    say(f"· {name} …")
    started = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


def call(command: list, what: str, **options) -> str:
    """Run a program quietly and return what it printed; raises Stop with its output when it fails."""
    command = [str(part) for part in command]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, **options)
    if done.returncode != 0:
        raise Stop(f"{what} failed: {' '.join(command)}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def works(command: list) -> bool:
    """Whether a program runs to its end without an error; its output is not shown."""
    quiet = subprocess.DEVNULL
    try:
        return subprocess.run(command, cwd=ROOT, stdout=quiet, stderr=quiet, check=False).returncode == 0
    except OSError:
        return False


def use_new_enough_python() -> None:
    """Hand over to a newer Python on PATH when this one is too old; raises Stop when there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(13, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and works([found, "-c", ""]):
            os.execv(found, [found, *sys.argv])  # noqa: S606 - the same script, by a newer Python
    raise Stop(
        f"Madang needs Python 3.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.\n"
        "Install one and start again with it, for example: python3.12 dev.py run"
    )


@contextlib.contextmanager
def one_at_a_time():
    """Keep two commands from building the same environment at once; the second one waits."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "dev.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("· waiting for another dev.py to finish the environment …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(name: str) -> str:
    """The fingerprint of a lock file: what is installed is right for exactly this content."""
    return hashlib.sha256((LOCKS / f"{name}.lock").read_bytes()).hexdigest()


def stamps() -> dict:
    """Which locks the environment was installed from, and where it was built."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def environment(*wanted: str) -> None:
    """Make .venv hold exactly the locked packages; costs nothing when it already does."""
    with one_at_a_time():
        make_venv()
        for name in wanted:
            if stamps().get(name) != digest(name):
                install(name)


def make_venv() -> None:
    """Create .venv; build it anew when its checkout was moved or its Python has gone."""
    place = stamps().get("place", str(VENV))
    if place == str(VENV) and works([str(PYTHON), "-c", ""]):
        return
    # Not sys.executable: started from inside .venv, that is the one about to be replaced.
    base = getattr(sys, "_base_executable", None) or sys.executable
    with step("Creating .venv"):
        if not works([base, "-m", "venv", "--clear", str(VENV)]):
            # Debian packs ensurepip separately; pips() then serves this environment from outside.
            call([base, "-m", "venv", "--clear", "--without-pip", VENV], "Creating the environment")


def pips() -> list[list[str]]:
    """Every pip that can install into the environment, its own first."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    own, outside = [str(PYTHON), "-m", "pip"], [base, "-m", "pip", "--python", str(PYTHON)]
    return [pip for pip in (own, outside) if works([*pip, "--version"])]


def uv() -> list[str] | None:
    """The fast installer: the locked one inside the environment, or else one on PATH, or None."""
    own = str(VENV / "bin" / "uv")
    if stamps().get("bootstrap") != digest("bootstrap") or not Path(own).exists():
        arguments = ["install", "--quiet", *HASHED_WHEELS, "-r", str(LOCKS / "bootstrap.lock")]
        if not any(works([*pip, *arguments]) for pip in pips()):
            found = shutil.which("uv")
            return [found] if found else None
        write_stamp("bootstrap")
    return [own]


def installers() -> list[list[str]]:
    """The ways to install a lock, best first: uv takes seconds where pip takes a minute."""
    fast = uv()
    quick = [[*fast, "pip", "install", "--python", str(PYTHON), "--compile-bytecode"]] if fast else []
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    return [[*way, *quiet] for way in [*quick, *([*pip, "install"] for pip in pips())]]


def install(name: str) -> None:
    """Install one lock by the first way that works; raises Stop when none does."""
    lock = LOCKS / f"{name}.lock"
    packages = lock.read_text().count("==")
    with step(f"Installing {packages} packages of requirements/{lock.name}"):
        for way in installers():
            command = [*way, *HASHED_WHEELS, *SOURCE_ONLY.get(name, []), "-r", str(lock)]
            if subprocess.run(command, cwd=ROOT, check=False).returncode == 0:
                write_stamp(name)
                return
            say(f"  {Path(way[0]).name} could not install them; trying the next way")
    raise Stop(
        "The packages could not be installed. Is the network there?\n"
        "On a Debian without pip, first: apt-get install python3-venv"
    )


def write_stamp(name: str) -> None:
    """Remember that a lock is installed; test.lock holds every package of run.lock as well."""
    now = {**stamps(), "place": str(VENV), name: digest(name)}
    if name == "test":
        now["run"] = digest("run")
    elif name == "run":
        now.pop("test", None)
    STAMP.write_text(json.dumps(now, indent=1))


def korean(asked: bool) -> None:
    """Install the Korean morphology; search works without it, so only --korean insists."""
    try:
        environment("korean")
    except Stop as problem:
        if asked:
            raise
        say(f"  Korean morphology is not installed; search goes on without it.\n  {problem}")


def compile_catalogs() -> int:
    """Compile the translations that changed since; returns 0, the exit status of a prepared environment."""
    for source in LOCALES.glob("*/LC_MESSAGES/messages.po"):
        language, made = source.parents[1].name, source.with_suffix(".mo")
        if made.exists() and made.stat().st_mtime >= source.stat().st_mtime:
            continue
        command = [PYTHON, "-m", "babel.messages.frontend", "compile", "-l", language, "-i", source, "-o", made]
        with step(f"Compiling the translation {language}"):
            call(command, "Compiling a translation")
    return 0


def run(host: str, port: int, asked_for_korean: bool) -> int:
    """Bring up environment, database, web server and job worker; becomes the web server."""
    refuse_taken_port(host, port)
    environment("run")
    if asked_for_korean or os.environ.get("FORUM_LOCALE") == "ko":
        korean(asked_for_korean)
    compile_catalogs()
    os.environ.update(FORUM_HOST=host, FORUM_PORT=str(port))
    # At the schema of the last start, the server need not wait for a look at the database.
    link = "" if PREPARED.exists() and PREPARED.read_text() == schema_stamp() else prepared()
    say("· Starting the web server and the job worker …")
    announce_when_ready(host, port, link)
    # Becoming the server, not being its parent: Ctrl-C and TERM reach it as if it had been started by hand.
    server = [str(PYTHON), "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    os.chdir(ROOT)
    os.execv(server[0], server)  # noqa: S606 - the server we have just installed
    return 0


def prepared() -> str:
    """Bring the database to this release; returns the link by which somebody becomes the owner, or nothing."""
    with step("Preparing the database"):
        first = call([PYTHON, "-m", "flask", "setup", "first-start", "--json"], "The first start")
    PREPARED.parent.mkdir(exist_ok=True)
    PREPARED.write_text(schema_stamp())
    return json.loads(first).get("owner_link") or ""


def schema_stamp() -> str:
    """The fingerprint of the migrations and of the database they were brought to."""
    where = [os.environ.get(key, "") for key in ("FORUM_DATABASE_URL", "FORUM_DATA_DIR")]
    made = (Path(where[1] or ROOT / "var") / "forum.db").exists()
    migrations = [path.read_bytes() for path in sorted((ROOT / "migrations" / "versions").glob("*.py"))]
    return hashlib.sha256(repr((where, made, migrations)).encode()).hexdigest()


def refuse_taken_port(host: str, port: int) -> None:
    """Say at once that a port is in use, before a minute of installing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise Stop(f"Cannot listen on {host}, port {port}: {problem.strerror}. Choose --port.") from None


def announce_when_ready(host: str, port: int, owner_link: str) -> None:
    """Leave a small process behind that prints the address as soon as the server answers.

    Where the database needed no preparing, it asks for the owner's link meanwhile.
    """
    server = os.getpid()
    if os.fork():
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the name of "every address"
    address = f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
    if answers(f"{address}/livez", while_alive=server):
        say(f"\n  Madang is running at {address}/   (stop it with Ctrl-C)")
        owner_link = owner_link or prepared()
        if owner_link:
            link = f"{address}{owner_link}" if owner_link.startswith("/") else owner_link
            say(f"  Become its owner here, once: {link}\n")
    elif os.getppid() == server:
        say(f"  The web server has not answered for {START_LIMIT:.0f} s; its messages are above.")
    os._exit(0)


def answers(url: str, *, while_alive: int) -> bool:
    """Whether the server answers within the limit; gives up as soon as its process is gone."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and os.getppid() == while_alive:
        try:
            with direct.open(url, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.1)
    return False


def test(arguments: list[str]) -> int:
    """Every check and every test, or pytest alone with the arguments given."""
    environment("test")
    compile_catalogs()
    if arguments:
        say(f"pytest alone, with {' '.join(arguments)}: no format, lint, import or type check\n")
        return subprocess.run([str(PYTHON), "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode
    results = [checked(name, [str(VENV / "bin" / command[0]), *command[1:]]) for name, command in CHECKS.items()]
    tests, lines = tested()
    report([*results, tests], [line for line in lines if line.startswith("SKIPPED")], lines)
    return 0 if all(passed for _, passed, _ in [*results, tests]) else 1


def checked(name: str, command: list[str]) -> tuple[str, bool, float]:
    """Run one check, its output shown; returns name, whether it passed, seconds."""
    say(f"\n── {name}: {Path(command[0]).name} {' '.join(command[1:])}")
    started = time.monotonic()
    passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    return name, passed, time.monotonic() - started


def tested() -> tuple[tuple[str, bool, float], list[str]]:
    """Run pytest, its output shown; returns the result and the lines it printed."""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    say("\n── tests: pytest")
    started, lines = time.monotonic(), []
    command = [str(PYTHON), "-m", "pytest", *colour]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            lines.append(line.replace("\x1b[33m", "").replace("\x1b[0m", "").rstrip())
            print(line, end="", flush=True)
    return ("tests", process.returncode == 0, time.monotonic() - started), lines


def report(results: list[tuple[str, bool, float]], skipped: list[str], lines: list[str]) -> None:
    """Say what passed, how long it took, and what was left out for which reason."""
    say("\n── summary")
    for name, passed, seconds in results:
        say(f"{name:<9} {'ok' if passed else 'FAILED':<7} {seconds:6.1f} s")
    say(f"pytest: {lines[-1]}" if lines else "pytest printed nothing")
    say("Skipped: nothing" if not skipped else "Skipped, and why:")
    for line in skipped:
        say(f"  {line.removeprefix('SKIPPED ')}")


def fix() -> int:
    """Format the code and mend what the linter can mend."""
    environment("test")
    commands = (["ruff", "format", "."], ["ruff", "check", "--fix", "."])
    return max([subprocess.run([str(VENV / "bin" / c[0]), *c[1:]], cwd=ROOT, check=False).returncode for c in commands])


def bench(arguments: list[str]) -> int:
    """Measure against a bare hello in the same run."""
    environment("test")
    compile_catalogs()
    return subprocess.run([str(PYTHON), "bench/run.py", *arguments], cwd=ROOT, check=False).returncode


def command_line() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="dev.py", description="Madang from a bare checkout.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    running = commands.add_parser("run", help="install what is missing and run the forum")
    running.add_argument("--port", type=int, default=os.environ.get("FORUM_PORT") or "8000")
    running.add_argument("--host", default=os.environ.get("FORUM_HOST") or "127.0.0.1")
    running.add_argument("--korean", action="store_true", help="install the Korean morphology for search")
    commands.add_parser("test", help="every check and test; with arguments: pytest alone, with them")
    setting_up = commands.add_parser("setup", help="the environment only, with everything for development")
    setting_up.add_argument("--korean", action="store_true", help="install the Korean morphology for search")
    commands.add_parser("fix", help="format the code and mend what the linter can mend")
    commands.add_parser("bench", help="measure speed; arguments go to bench/run.py")
    return parser


def main() -> int:
    """Do what the command line asks; returns the exit status."""
    parser = command_line()
    asked, rest = parser.parse_known_args()
    if rest and asked.command not in ("test", "bench"):
        parser.error(f"unknown: {' '.join(rest)}")
    use_new_enough_python()
    if asked.command == "run":
        return run(asked.host, asked.port, asked.korean)
    if asked.command == "setup":
        environment("test", *(["korean"] if asked.korean else []))
        return compile_catalogs()
    return {"test": lambda: test(rest), "fix": fix, "bench": lambda: bench(rest)}[asked.command]()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit(130)

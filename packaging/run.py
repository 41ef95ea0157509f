#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of a checkout. Needs Python 3.11, pip and git; brings the rest itself.

python3 packaging/run.py                    set everything up and do the main job: fill a demo store
                                            by real training and open the window on it
python3 packaging/run.py test [--all] …     set everything up and run the tests; more arguments go
                                            to pytest; --all adds those that take minutes: the
                                            kernel's own file systems, long histories
python3 packaging/run.py bench …            run the benchmarks and show each beside its goal; with
                                            --peers other trackers are installed apart and measured
                                            in turns with it; --quick tries tiny sizes
python3 packaging/run.py -- ARGS            run `strongroom ARGS` in the same environment
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import environment
import libraries
import session

PRODUCT = frozenset({"desktop", "demo"})
TESTS = PRODUCT | {"test"}
ALL = "--all"
NOTHING_COLLECTED = 5  # pytest's exit code
MOST_SCREENS = 4  # the files of tests of real windows are few; more screens would stay dark
HANG_SECONDS = 300  # after this long in one test, pytest prints where every thread stands
HANG_SECONDS_ALL = 1800  # one of the slow tests walks through histories for many minutes
DRAWN = ".drawn"  # stands among the pictures once all of them are made
SETUP_FAILED = 4  # the environment is at fault, as in the program's own exit codes


def main(arguments: Sequence[str]) -> int:
    """Does what the arguments say and returns the exit code."""
    session.stop_on_signals()
    command, rest = (arguments[0], arguments[1:]) if arguments else ("show", [])
    commands = {"show": show, "test": test, "bench": bench, "--": strongroom}
    if command not in commands or (command == "show" and rest):
        print(__doc__)
        return 0 if command in {"-h", "--help", "help"} else 2
    try:
        return commands[command](rest)
    except (environment.SetupError, session.SessionError) as error:
        print(f"Could not go on: {error}", file=sys.stderr)
        return SETUP_FAILED
    except KeyboardInterrupt:
        return 130


def show(_arguments: Sequence[str]) -> int:
    """Fills the demo store and opens the window on it, or renders it where there is no display."""
    can_open_window = _has_display()
    wanted = {**libraries.OFFSCREEN, **(libraries.WINDOW if can_open_window else {})}
    still_missing = libraries.ensure(libraries=wanted, tools={})
    if os.environ.get("DISPLAY") and any(name.startswith("libx") for name in still_missing):
        print("Without these libraries no window can open; making pictures instead.")
        can_open_window = False
    environment.ensure(PRODUCT)
    store = _data_root() / "demo"
    print(f"The demo store is {store}.", flush=True)
    filled = _product("demo", "--store", str(store))
    if filled != 0:
        return filled
    if can_open_window:
        print("Opening the window.", flush=True)
        return _product("desktop", "--store", str(store))
    pictures = _data_root() / "demo-pictures"
    if _are_current(pictures, store):
        print("There is no display here; these pictures of every page are still current.")
        for picture in sorted(pictures.glob("*.png")):
            print(picture)
        return 0
    pictures.mkdir(parents=True, exist_ok=True)
    for old in (*pictures.glob("*.png"), *pictures.glob(DRAWN)):
        old.unlink()
    print("There is no display here; making a picture of every page.", flush=True)
    drawn = _product(
        "desktop", "--store", str(store), "--screenshot", str(pictures), platform="offscreen"
    )
    if drawn == 0:
        (pictures / DRAWN).touch()
    return drawn


def _are_current(pictures: Path, store: Path) -> bool:
    """Whether pictures were made after the program and the demo store last changed."""
    drawn = pictures / DRAWN
    if not drawn.exists():
        return False
    made = drawn.stat().st_mtime
    sources = (environment.ROOT / "app", environment.ROOT / "resources")
    files = (path for folder in sources for path in folder.rglob("*") if path.suffix != ".pyc")
    return all(path.stat().st_mtime < made for path in (*files, store / "demo.json"))


def test(arguments: Sequence[str]) -> int:
    """Runs the fast tests offscreen, then those of real windows, each in a keyring session."""
    started = time.monotonic()
    rest, chosen = _chosen(arguments)
    tools, extras = libraries.TEST_TOOLS, TESTS
    if ALL in arguments:
        tools = tools | libraries.SLOW_TOOLS
        extras |= {"oracles"} & environment.declared_extras()
    still_missing = libraries.ensure(
        libraries={**libraries.OFFSCREEN, **libraries.WINDOW}, tools=tools
    )
    environment.ensure(extras)
    pytest = [str(environment.python()), "-m", "pytest"]
    hang = HANG_SECONDS_ALL if ALL in arguments else HANG_SECONDS
    pytest += ["-o", f"faulthandler_timeout={hang}"]
    has_keyring = libraries.KEYRING_PACKAGES.isdisjoint(still_missing)
    if not has_keyring:
        print("There is no keyring here; the tests that need one will fail.", flush=True)
    # A file of tests stays on one worker, so what a module shares is made once. Files are begun in
    # the order they are collected in: the long ones first (tests/support/long_files.py).
    workers = os.cpu_count() or 1
    spread = ["--dist", "loadfile", "--no-loadscope-reorder", "-n"]
    codes = []
    with _test_session(has_keyring) as private:
        print("Running the tests that need no display.", flush=True)
        offscreen = [*pytest, "-m", _and(chosen, "not e2e"), *spread, str(workers), *rest]
        codes.append(private.run(offscreen, QT_QPA_PLATFORM="offscreen"))
    if not libraries.SCREEN_PACKAGES.isdisjoint(still_missing):
        print("The tests that drive real windows cannot run here.", flush=True)
        codes.append(SETUP_FAILED)
    else:
        with _test_session(has_keyring) as private:
            screens = min(workers, MOST_SCREENS)
            print("Starting a virtual screen and a window manager each worker.", flush=True)
            private.open_displays(screens)
            print("Running the tests that drive real windows.", flush=True)
            # pytest-xvfb, where somebody installed it, would hide this screen behind its own
            windows = [*pytest, "-p", "no:xvfb", "-m", _and(chosen, "e2e")]
            windows += [*spread, str(screens), *rest]
            codes.append(private.run(windows, QT_QPA_PLATFORM="xcb"))
    code = _combined(*codes)
    verdict = "All tests passed" if code == 0 else "Not all tests passed"
    print(f"{verdict}, {time.monotonic() - started:.0f} seconds in all.")
    return code


@contextmanager
def _test_session(has_keyring: bool) -> Iterator[session.Session]:
    """Opens a session with folders of its own and, where there can be one, a fresh keyring."""
    with session.Session(environment.ROOT) as private:
        private.use_private_folders()
        if has_keyring:
            print("Starting a message bus and a keyring of this session only.", flush=True)
            private.open_keyring(environment.python())
        yield private


def bench(arguments: Sequence[str]) -> int:
    """Runs the benchmarks, each of which prints its figure beside its goal."""
    libraries.ensure(libraries=libraries.OFFSCREEN, tools={})
    environment.ensure(TESTS)
    given = list(arguments)
    if "--peers" in given:
        given[given.index("--peers")] = f"--peers={environment.ensure_peers()}"
    command = [str(environment.python()), "-m", "pytest", "-s", "-q", "-p", "no:cacheprovider"]
    command += ["-o", "python_files=bench_*.py", "tests/bench", *given]
    with session.Session(environment.ROOT) as private:
        private.use_private_folders()
        return private.run(command, QT_QPA_PLATFORM="offscreen")


def strongroom(arguments: Sequence[str]) -> int:
    """Runs the program itself with these arguments, where the caller stands."""
    environment.ensure(PRODUCT)
    command = [str(environment.python()), "-m", "strongroom", *arguments]
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell
    return subprocess.run(command, check=False).returncode


def _product(*arguments: str, platform: str = "") -> int:
    command = [str(environment.python()), "-m", "strongroom", *arguments]
    extra = {"QT_QPA_PLATFORM": platform} if platform else {}
    return subprocess.run(command, env={**os.environ, **extra}, check=False).returncode


def _has_display() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _data_root() -> Path:
    """Returns the folder of `strongroom.domain.places.data_root`, before it can be imported."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "strongroom"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "strongroom"
    xdg = os.environ.get("XDG_DATA_HOME")
    return (Path(xdg) if xdg else Path.home() / ".local" / "share") / "strongroom"


def _chosen(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Returns pytest's other arguments and which tests are meant: without ``--all`` no slow ones.

    Whoever names markers himself gets exactly those.
    """
    rest, chosen = _split_marker([each for each in arguments if each != ALL])
    return rest, chosen or ("" if ALL in arguments else "not slow")


def _split_marker(arguments: list[str]) -> tuple[list[str], str]:
    """Takes ``-m EXPRESSION`` out of pytest's arguments, because each part adds its own."""
    if "-m" not in arguments[:-1]:
        return arguments, ""
    place = arguments.index("-m")
    return arguments[:place] + arguments[place + 2 :], arguments[place + 1]


def _and(chosen: str, own: str) -> str:
    return f"({chosen}) and ({own})" if chosen else own


def _combined(*codes: int) -> int:
    """Returns 0 if every part passed; a part without a matching test counts only if all are."""
    real = [code for code in codes if code != NOTHING_COLLECTED]
    return next((code for code in real if code != 0), 0) if real else NOTHING_COLLECTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

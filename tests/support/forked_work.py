# SPDX-License-Identifier: Apache-2.0
"""Work on a store in processes forked for it, which may be ended by kill -9 at any moment.

Run as a program it is the parent of those processes: it imports the product once and forks for each
piece of work. Imported, `Workers` is what a test holds.

* A piece of work says what it did after the call that did it has returned, on a pipe: whatever was
  said must be there afterwards, however the process ended.
* The moment of death counts from the work's own first word, so that it lies within the work.
"""

import contextlib
import hashlib
import importlib
import itertools
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.no_internet import GUARDED_TESTS

Facts = dict[tuple[str, str, str], str]
"""For each kind of fact, run and name the last value that was said."""
Tell = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of work: which, on which store, drawn from which seed, at most for how long."""

    work: str
    store: Path
    seed: int = 0
    seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a piece ended: what it had said, its error, whether it was killed, and after how long."""

    facts: Facts
    error: str
    was_killed: bool
    seconds: float

    def said(self, kind: str) -> dict[tuple[str, str], str]:
        """Returns the facts of one kind by run and name."""
        return {
            (run, name): value for (each, run, name), value in self.facts.items() if each == kind
        }


class Workers:
    """Has pieces of work done, all of one question at once."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def verify(self, store: Path) -> None:
        """Fails unless ``strongroom verify`` finds nothing wrong with a store."""
        (ended,) = self.do(Piece(work="verify", store=store))
        told = [ended.facts.get((kind, "", ""), "") for kind in ("code", "printed")]
        assert ended.error == ""
        assert told[0] == "0", told[1]

    def do(self, *pieces: Piece, kill_after: float | None = None) -> tuple[Ended, ...]:
        """Does pieces of work in a process each.

        Args:
            pieces: What is to be done, all at once.
            kill_after: Seconds after its first word at which each is killed; None for never.
        """
        asked = [[each.work, str(each.store), each.seed, each.seconds] for each in pieces]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"pieces": asked, "kill_after": kill_after}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the parent of the workers has gone"
        return tuple(
            Ended(
                facts={(kind, run, name): value for kind, run, name, value in each["facts"]},
                error=each["error"],
                was_killed=each["was_killed"],
                seconds=each["seconds"],
            )
            for each in json.loads(line)
        )


@contextmanager
def workers() -> Iterator[Workers]:
    """Starts the parent of the workers and ends it with the block."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": GUARDED_TESTS},
    )
    try:
        yield Workers(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def point(step: int) -> float:
    """Returns the value that every worker logs at a step, so that a wrong one shows."""
    return step * 0.5 - 7


def content(seed: int, number: int, size: int) -> bytes:
    """Returns the bytes of an artifact, the same for the same numbers."""
    return random.Random(f"{seed}/{number}").randbytes(size)


# ------------------------------------------------------------------- the work, in a process each


def log(piece: Piece, tell: Tell) -> None:
    """Logs into one run after another: points one by one and in columns, params and tags."""
    import strongroom as sr

    chance = random.Random(piece.seed)
    until = time.monotonic() + piece.seconds
    tell("begun")
    for number in itertools.count():
        with sr.start_run("logged", name=f"{piece.seed}-{number}", store=piece.store) as run:
            tell("run", run.run_id)
            sr.log_params({"seed": piece.seed, "number": number})
            tell("param", run.run_id, "seed", piece.seed)
            for step in range(chance.randrange(1, 2_000)):
                sr.log_metric("loss", point(step), step)
                tell("points", run.run_id, "loss", step + 1)
            count = chance.choice((1, 700, 40_000))
            sr.log_batch({"column": [point(step) for step in range(count)]})
            tell("points", run.run_id, "column", count)
            sr.set_tag("done", "yes")
            tell("tag", run.run_id, "done", "yes")
        assert not run.losses.counts, run.losses.counts
        tell("end", run.run_id, "status", "FINISHED")
        if time.monotonic() > until:
            return


def keep(piece: Piece, tell: Tell) -> None:
    """Keeps artifacts in one run after another: small ones in packs, large ones by their digest."""
    import strongroom as sr

    chance = random.Random(piece.seed)
    until = time.monotonic() + piece.seconds
    tell("begun")
    for number in itertools.count():
        with sr.start_run("kept", name=f"{piece.seed}-{number}", store=piece.store) as run:
            tell("run", run.run_id)
            for file in range(chance.randrange(1, 12)):
                size = chance.choice((0, 1, 5_000, 300_000, 1 << 20, (1 << 20) + 1, 3_000_000))
                data = content(piece.seed, number * 100 + file, size)
                run.log_bytes(data, f"deep/{file}.bin")
                tell("artifact", run.run_id, f"deep/{file}.bin", hashlib.sha256(data).hexdigest())
            sr.log_metric("files", point(0), 0)
            tell("points", run.run_id, "files", 1)
        assert not run.losses.counts, run.losses.counts
        tell("end", run.run_id, "status", "FINISHED")
        if time.monotonic() > until:
            return


def discover(piece: Piece, tell: Tell) -> None:
    """Takes new run folders into the catalog."""
    from strongroom.domain.progress import Silent
    from strongroom.store import discovery

    services = _services(piece)
    tell("begun")
    found = discovery.discover(
        services.runs.catalog, services.runs.folder, services.clock, Silent()
    )
    for run in found.runs:
        tell("run", run)


def take_in(piece: Piece, tell: Tell) -> None:
    """Takes new run folders into the catalog and seals them: points become Parquet."""
    services = _services(piece)
    tell("begun")
    for run in services.runs.refresh().runs:
        tell("run", run)


def rebuild(piece: Piece, tell: Tell) -> None:
    """Drops the catalog and makes it again."""
    services = _services(piece)
    tell("begun")
    for run in services.integrity.rebuild().runs:
        tell("run", run)


def read(piece: Piece, tell: Tell) -> None:
    """Looks, searches and reads points, as windows and scripts of several people do at once.

    What was read once must be there at every later look, and every point must be the right one.
    """
    services, chance = _services(piece), random.Random(piece.seed)
    until = time.monotonic() + piece.seconds
    seen: dict[str, int] = {}
    tell("begun")
    for look in itertools.count(1):
        services.runs.refresh()
        page = services.runs.search("metrics.loss >= -7", order_by="start_time DESC", limit=100)
        listed = {run.run_id for run in page.runs}
        assert len(listed) == min(page.total, 100)
        asked = [run.run_id for run in page.runs][:4]
        asked += chance.sample(sorted(seen), min(4, len(seen)))
        for run in asked:
            series = services.runs.history(run, "loss")
            steps = series.steps.tolist()
            assert steps == list(range(len(steps))), f"{run}: {len(steps)} points, not in order"
            assert series.values.tolist() == [point(step) for step in steps], run
            assert len(steps) >= seen.get(run, 0), f"{run} had {seen[run]} points, has {len(steps)}"
            seen[run] = len(steps)
            detail = services.runs.show(run)
            assert detail.run.metrics["loss"].count, run  # as of somebody's last look
            assert not [each for each in detail.warnings if not each.startswith("W-")], detail
        services.runs.columns()
        tell("looks", "", "looks", look)
        if time.monotonic() > until:
            return


def verify(piece: Piece, tell: Tell) -> None:
    """Is the command ``strongroom verify``: says its exit code and what it printed."""
    from strongroom.__main__ import main

    home = piece.store.with_name("home-of-verify")
    os.environ |= {"STRONGROOM_STORE": str(piece.store), "STRONGROOM_HOME": str(home)}
    printed = os.open(piece.store.with_name("verify.out"), os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.dup2(printed, 1)
    sys.argv = ["strongroom", "verify"]
    try:
        code: object = main()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    tell("printed", value=os.pread(printed, 10_000, 0).decode())
    tell("code", value=code or 0)


def _services(piece: Piece) -> Any:
    from strongroom.bootstrap import open_services

    return open_services(piece.store, piece.store.with_name(f"home-{piece.seed}"))


WORK = {each.__name__: each for each in (log, keep, discover, take_in, rebuild, read, verify)}

# -------------------------------------------------------------------- the parent of the processes

LOADED_ONCE = (  # for all that are forked
    "keyring.backends.SecretService", "pyarrow.parquet", "strongroom.bootstrap",
    "strongroom.cli.root", "strongroom.journal.compact", "strongroom.sdk.fluent",
    "strongroom.services.integrity", "strongroom.services.registry", "strongroom.services.runs",
    "strongroom.services.witness", "strongroom.services.workstation", "strongroom.trust.keychain",
)  # fmt: skip


class _Child:
    """One forked process and what it has said so far."""

    def __init__(self, piece: Piece) -> None:
        self.began = time.monotonic()
        self.has_begun = self.was_killed = False
        self.seconds = 0.0
        self.facts: Facts = {}
        self.error = ""
        self._rest = b""
        self.pipe, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            os._exit(_done(piece, writing))
        os.close(writing)

    def hear(self) -> bool:
        """Takes what was said; False when there is nothing more to come."""
        data = os.read(self.pipe, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")  # what was cut off was not said
        for line in lines:
            kind, run, name, value = json.loads(line)
            if kind == "begun":
                self.has_begun, self.began = True, time.monotonic()
            elif kind == "error":
                self.error = value
            else:
                self.facts[kind, run, name] = value
        return bool(data)

    def kill_if_due(self, after: float | None) -> None:
        if after is None or self.was_killed or not self.has_begun:
            return
        if time.monotonic() - self.began >= after:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.was_killed = True

    def close(self) -> None:
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        self.seconds = time.monotonic() - self.began
        self.was_killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL

    def document(self) -> dict[str, Any]:
        facts = [[*name, value] for name, value in self.facts.items()]
        return {
            "facts": facts, "error": self.error, "was_killed": self.was_killed,
            "seconds": self.seconds,
        }  # fmt: skip


def _done(piece: Piece, writing: int) -> int:
    """Does the work in the forked process; returns its exit code."""

    def tell(kind: str, run: str = "", name: str = "", value: object = "") -> None:
        os.write(writing, json.dumps([kind, run, name, str(value)]).encode() + b"\n")

    try:
        WORK[piece.work](piece, tell)
    except BaseException:  # noqa: BLE001 - whatever it was, the test shall read it
        tell("error", value=traceback.format_exc())
        return 1
    return 0


def _do(pieces: Sequence[Piece], kill_after: float | None) -> list[dict[str, Any]]:
    children = [_Child(piece) for piece in pieces]
    talking = {child.pipe: child for child in children}
    while talking:
        for pipe in select.select(list(talking), [], [], 0.001)[0]:
            if not talking[pipe].hear():
                talking.pop(pipe).close()
        for child in talking.values():
            child.kill_if_due(kill_after)
    return [child.document() for child in children]


def _serve() -> None:
    for name in LOADED_ONCE:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        pieces = [
            Piece(work=work, store=Path(store), seed=seed, seconds=seconds)
            for work, store, seed, seconds in asked["pieces"]
        ]
        print(json.dumps(_do(pieces, asked["kill_after"])), flush=True)


if __name__ == "__main__":
    _serve()

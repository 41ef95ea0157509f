# SPDX-License-Identifier: Apache-2.0
"""``strongroom log …``: log a run from a shell script, or lines of any program by ``--batch``.

* Each command appends to the run's plain journal and ends; what it returned from survives.
* The run is named once: ``export STRONGROOM_RUN_ID=$(strongroom log start)``.
* Only the standard library and the command line itself are loaded: a call takes as long as Python
  needs to start.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import click

from strongroom.cli.options import shared_options, store_path
from strongroom.cli.output import EXIT_FINDING, emit, say
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import BadInput
from strongroom.sdk.plain_run import PlainRun, find_plain_run, start_plain_run
from strongroom.sdk.plain_words import line_of, number_of

RUN_VARIABLES = ("STRONGROOM_RUN_ID", "MLFLOW_RUN_ID")
EXPERIMENT_VARIABLES = ("STRONGROOM_EXPERIMENT", "MLFLOW_EXPERIMENT_NAME")
READ_BYTES = 1 << 16
MAX_UNFINISHED_BYTES = 1 << 20  # of one line of input; as a line of the journal
MOST_TOLD = 20  # bad lines that are told one by one; the others are counted

_run = click.option("--run", "run_id", default="", metavar="RUN", help="Else STRONGROOM_RUN_ID.")


def add_commands(root: click.Group) -> None:
    """Joins ``log`` into the tree of commands."""
    root.add_command(log)


@click.group(invoke_without_command=True)
@click.option(
    "--batch", type=click.File("rb"), metavar="FILE", help="Log lines as they come; - is stdin."
)
@_run
@shared_options
@click.pass_context
def log(context: click.Context, batch: IO[bytes] | None, run_id: str) -> int:
    """Log a run from a shell script, or from any program by its input."""
    if batch is not None and context.invoked_subcommand is None:
        return _batch(_found(run_id), batch)
    if context.invoked_subcommand is None:
        raise click.UsageError("Name what to log, or --batch FILE.")
    return 0


@log.command()
@click.option("--experiment", default="", help="Else STRONGROOM_EXPERIMENT, else Default.")
@click.option("--name", default="", help="What people call the run.")
@click.option("--run-id", default="", metavar="ID", help="Take this run up again, or make it.")
@click.option("--parent", default="", metavar="ID", help="The run this one is a part of.")
@click.option(
    "--pid", default=0, type=click.IntRange(0, 0xFFFF_FFFF),
    help="The process the run lives as long as; $$ in a script.",
)  # fmt: skip
@shared_options
def start(experiment: str, name: str, run_id: str, parent: str, pid: int) -> None:
    """Start a run and print its id."""
    from strongroom.sdk.folder import clean_run_id
    from strongroom.sdk.source import facts_of
    from strongroom.sdk.work_tree import WorkTree

    facts: dict[str, JsonValue] = {
        "experiment": _experiment(experiment),
        "name": name[:1024],
        "parent": clean_run_id(parent) if parent else "",
        "source": facts_of(os.environ, [], WorkTree()),
    }
    run = start_plain_run(
        store_path(), facts, run_id=run_id, pid=pid, clock=SystemClock(), random_bytes=os.urandom
    )
    emit({"run_id": run.run_id, "folder": str(run.folder)}, [run.run_id])


@log.command(context_settings={"ignore_unknown_options": True})
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="VALUE")
@click.option("--step", default=0, help="A whole number.")
@_run
@shared_options
def metric(key: str, value: str, step: int, run_id: str) -> None:
    """Log one point of a metric; nan and inf are values."""
    _append(run_id, {"metric": key, "value": number_of(value), "step": step})


@log.command(context_settings={"ignore_unknown_options": True})
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="VALUE")
@click.option("--typed", is_flag=True, help="VALUE is JSON: 0.1 is a number, not a text.")
@_run
@shared_options
def param(key: str, value: str, typed: bool, run_id: str) -> None:
    """Log a param once; the first value stays."""
    _append(run_id, {"param": key, "value": _json(value) if typed else value})


@log.command(context_settings={"ignore_unknown_options": True})
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="[VALUE]", required=False)
@_run
@shared_options
def tag(key: str, value: str | None, run_id: str) -> None:
    """Set a tag; without VALUE it is removed."""
    _append(run_id, {"tag": key, "value": value})


@log.command()
@click.argument("text", metavar="TEXT")
@_run
@shared_options
def note(text: str, run_id: str) -> None:
    """Add a note for people to read."""
    _append(run_id, {"note": text})


@log.command(name="input")
@click.argument("name", metavar="NAME")
@click.option("--digest", default="", help="What the data is, by whoever versions it.")
@click.option("--source", default="", help="Where it came from.")
@click.option("--context", default="training", show_default=True, help="What it is used for.")
@_run
@shared_options
def input_(name: str, digest: str, source: str, context: str, run_id: str) -> None:
    """Say which dataset the run uses."""
    facts = {"name": name, "digest": digest, "source": source, "context": context}
    _append(run_id, {"input": {key: text for key, text in facts.items() if text}})


@log.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@click.option("--path", default="", metavar="PATH", help="Its name among the artifacts.")
@_run
@shared_options
def artifact(file: Path, path: str, run_id: str) -> int:
    """Keep a file, or all files of a folder."""
    run, kept, refused = _found(run_id), [], 0
    for each, name in _files(file, path):
        try:
            run.keep(each, name)
        except BadInput as error:
            if not file.is_dir():
                raise
            refused += 1
            say(f"{error.code}: {error.title}")
            continue
        kept.append(name)
    emit({"artifacts": kept, "refused": refused}, [])
    return EXIT_FINDING if refused else 0


@log.command()
@_run
@shared_options
def heartbeat(run_id: str) -> None:
    """Say that the run is alive, in a long pause between points."""
    _append(run_id, {"heartbeat": None})


@log.command()
@click.option(
    "--status", default="FINISHED", show_default=True,
    type=click.Choice(["FINISHED", "FAILED", "KILLED"]), help="How it ended.",
)  # fmt: skip
@click.option(
    "--exit-code", default=None, type=int, metavar="N",
    help="How the script ended: 0 is FINISHED, over 128 KILLED, else FAILED.",
)  # fmt: skip
@_run
@shared_options
def end(status: str, exit_code: int | None, run_id: str) -> None:
    """End the run."""
    if exit_code is not None:
        status = "FINISHED" if exit_code == 0 else "KILLED" if exit_code > 128 else "FAILED"
    run = _found(run_id)
    run.end(status)
    emit({"run_id": run.run_id, "status": status}, [])


# ---------------------------------------------------------------- inside


def _found(run_id: str) -> PlainRun:
    named = run_id or next((os.environ[each] for each in RUN_VARIABLES if os.environ.get(each)), "")
    if not named:
        raise BadInput(
            "E-RUN",
            "No run was named",
            "export STRONGROOM_RUN_ID=$(strongroom log start), or name one with --run.",
        )
    return find_plain_run(store_path(), named, clock=SystemClock())


def _append(run_id: str, line: dict[str, JsonValue]) -> None:
    run = _found(run_id)
    run.append([line])
    emit({"run_id": run.run_id}, [])


def _experiment(named: str) -> str:
    from strongroom.domain.metric import is_name

    chosen = named or next(
        (os.environ[each] for each in EXPERIMENT_VARIABLES if os.environ.get(each)), "Default"
    )
    if not is_name(chosen):
        raise BadInput(
            "E-FORMAT", f"{chosen[:60]!r} cannot name an experiment", "Use a short text."
        )
    return chosen


def _json(text: str) -> JsonValue:
    found = line_of('{"param":"x","value":' + text + "}")
    return found["value"]


def _files(file: Path, path: str) -> Iterator[tuple[Path, str]]:
    """Yields files with their names among the artifacts; links inside a folder are left out."""
    if not file.is_dir():
        yield file, path or file.name
        return
    for folder, _, names in os.walk(file):
        for name in sorted(names):
            each = Path(folder, name)
            if each.is_symlink() or not each.is_file():
                say(f"{each} is a link or a device and was left out")
                continue
            below = each.relative_to(file).as_posix()
            yield each, f"{path}/{below}" if path else below


def _batch(run: PlainRun, source: IO[bytes]) -> int:
    told = _Told(run)
    for number, text in _texts(source, told.flush):
        told.take(number, text)
    told.flush()
    emit({"run_id": run.run_id, "lines": told.taken, "refused": told.refused}, [])
    if told.refused > MOST_TOLD:
        say(f"{told.refused - MOST_TOLD:,} more lines were refused")
    return EXIT_FINDING if told.refused else 0


class _Told:
    """What came in, as far as it is not logged yet."""

    def __init__(self, run: PlainRun) -> None:
        self._run = run
        self._waiting: list[bytes] = []
        self.taken = self.refused = 0

    def take(self, number: int, text: str) -> None:
        """Takes a line of input; one that cannot be logged is told and left out."""
        if not text.strip() or text.lstrip().startswith("#"):
            return
        try:
            line = line_of(text)
            if "file" in line and "sha256" not in line:
                self.flush()
                self._run.keep(Path(line["file"]), line["artifact"])
            else:
                self._waiting.append(self._run.made(line))
                if "end" in line:
                    self.flush(is_last=True)
            self.taken += 1
        except (BadInput, OSError) as error:
            self.refused += 1
            if self.refused <= MOST_TOLD:
                why = error.title if isinstance(error, BadInput) else str(error)
                say(f"line {number}: {why}")

    def flush(self, *, is_last: bool = False) -> None:
        """Logs what waits."""
        waiting, self._waiting = self._waiting, []
        self._run.append_made(waiting, is_last=is_last)


def _texts(source: IO[bytes], pause: Callable[[], Any]) -> Iterator[tuple[int, str]]:
    """Yields lines as they come; what came at once is logged before the next is waited for."""
    number, rest = 0, b""
    while piece := os.read(source.fileno(), READ_BYTES):
        *lines, rest = (rest + piece).split(b"\n")
        for data in lines:
            number += 1
            yield number, data.decode("utf-8", "surrogateescape")
        if len(rest) > MAX_UNFINISHED_BYTES:
            raise BadInput("E-SIZE", f"Line {number + 1} is too long", "A line has at most 1 MiB.")
        pause()
    if rest:
        yield number + 1, rest.decode("utf-8", "surrogateescape")

# SPDX-License-Identifier: Apache-2.0
"""A run that is being written: every verb of logging as a method.

* A logging method never raises into training: what it cannot write is counted (`sdk.losses`).
* When `log_metric` returns, the kernel has the point: kill -9 does not take it back.
* A param keeps its first value; the same value again changes nothing, another is counted.
"""

import errno
import json
import os
import threading
from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, SupportsFloat

from strongroom.domain.canonical import JsonValue
from strongroom.domain.ids import RandomBytes
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import MAX_BODY_BYTES, Kind
from strongroom.journal.writer import MAX_ROW_KEYS, MAX_ROWS, JournalWriter
from strongroom.sdk.artifact_verbs import ArtifactVerbs
from strongroom.sdk.endings import status_of
from strongroom.sdk.keeping import Keeper
from strongroom.sdk.losses import LOG, Losses, Lost, never_raises, shown
from strongroom.sdk.values import (
    as_json,
    check_name,
    column,
    doubles,
    now_us,
    number,
    whole,
    whole_column,
    whole_text,
)

if TYPE_CHECKING:
    from strongroom.sdk.contract_watch import ContractWatch

_STATUSES = frozenset(RunStatus)
JOINS = "STRONGROOM_JOINS"  # who was given a run does not have to be told that another logs it
MAX_TEXT_BYTES = MAX_BODY_BYTES - 16_384  # leaves room for the name and the quoting of the body


class ActiveRun(ArtifactVerbs):
    """A run this process writes into; use it as a context manager.

    Args:
        writer: This process's journal.
        facts: What ``run.json`` says.
        is_strict: Whether wrong types raise.
        random_bytes: For the names of temporary files.
        on_end: Called once when the run has ended.
        leads: Whether this process's end is the run's end.
        rejoin: Finds the run in another process by the store's folder and the run's id.
        outer: The run that was logged into when this one began.
        is_resumed: Whether the run was there before.
    """

    def __init__(
        self,
        writer: JournalWriter,
        facts: Mapping[str, JsonValue],
        *,
        is_strict: bool,
        random_bytes: RandomBytes,
        on_end: Callable[["ActiveRun"], None],
        leads: bool = True,
        rejoin: Callable[[str, str], "ActiveRun"] | None = None,
        outer: "ActiveRun | None" = None,
        is_resumed: bool = False,
    ) -> None:
        self.losses = Losses(is_strict=is_strict)
        self.run_id: str = writer.run_id
        self.experiment: str = facts["experiment"]
        self.name: str = facts["name"]
        self.leads = leads
        self.store = writer.folder.parents[2]
        self.outer = outer
        self.is_resumed = is_resumed
        self.thread = threading.current_thread()
        self.is_ended = False  # read at each logged point, so it is no property
        self._writer = writer
        self._keeper = Keeper(writer, random_bytes)
        self._on_end = on_end
        self._rejoin = rejoin
        self._params: dict[str, str] = {}
        self._metric = writer.metric
        self._keys: set[str] = set()  # metrics that were seen and whose values nobody looks at
        self._names: set[str] = set()
        self._rows: dict[tuple[str, ...], tuple[str, ...]] = {}  # rows seen, and who is bounded
        self.watch: ContractWatch | None = None  # holds this process's part to contracts

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._writer.folder

    def __reduce__(self) -> tuple[Callable[..., "ActiveRun"], tuple[str, str]]:
        """Hands the run to another process: what is unpickled there joins it."""
        if self._rejoin is None:
            raise TypeError("this run cannot be handed to another process")
        return self._rejoin, (os.fspath(self.store), self.run_id)

    def environ(self) -> dict[str, str]:
        """Returns the environment variables by which another program joins this run.

        What it logs goes into the run beside what is logged here; the run ends with this process.
        """
        return {
            "STRONGROOM_STORE": os.fspath(self.store),
            "STRONGROOM_RUN_ID": self.run_id,
            "STRONGROOM_EXPERIMENT": self.experiment,
            JOINS: "1",
        }

    def __repr__(self) -> str:
        state = "ended" if self.is_ended else "running"
        return f"<run {self.run_id[:8]} {self.name!r} of {self.experiment!r}: {state}>"

    def _repr_html_(self) -> str:
        """Returns what a notebook shows of it: escaped text, no script, nothing to load."""
        from html import escape

        rows = {
            "Experiment": self.experiment,
            "Run": self.run_id,
            "State": "ended" if self.is_ended else "running",
            "Not logged": ", ".join(f"{n} × {cause}" for cause, n in self.losses.counts.items()),
        }
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(ascii(text)[1:-1])}</td></tr>"
            for name, text in rows.items()
            if text
        )
        title = escape(ascii(self.name)[1:-1][:200])
        return f"<table><caption><b>{title}</b></caption>{cells}</table>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(status_of(error))

    # ------------------------------------------------------------------ metrics

    def log_metric(
        self, key: str, value: SupportsFloat, step: int = 0, *, time_us: int | None = None
    ) -> None:
        """Logs one point; NaN and infinities are kept.

        Args:
            key: Name of the metric.
            value: A number, a numpy scalar or a tensor with one element.
            step: Signed 64-bit integer.
            time_us: Microseconds UTC; now if left out.
        """
        try:
            if key not in self._keys:
                self._check_key(key, value)
            if type(value) is not float:
                value = number(value)
            self._metric(key, value, step, time_us)
        except Exception as error:  # noqa: BLE001 - training goes on whatever happened
            self._metric_lost(key, value, step, time_us, error)

    def log_metrics(
        self, metrics: Mapping[str, SupportsFloat], step: int = 0, *, time_us: int | None = None
    ) -> None:
        """Logs one point of each of several metrics, all with the same step and time.

        They go into one `write()` together. A loop that logs the same names again costs little
        more than that: what was looked at once is not looked at again.
        """
        given: dict[Any, Any] = {}
        lost: list[tuple[Exception, object, int]] = []
        try:
            now = now_us() if time_us is None else time_us
            if type(metrics) is dict:
                given = metrics.copy()  # another thread may change it meanwhile
            else:
                given = dict(_items(self, metrics, "log_metrics"))
            keys = tuple(given)
            bounded = self._rows.get(keys)
            values = None if bounded is None else doubles(given.values())
            if bounded is None or values is None or type(step) is not int:
                keys, values, step = self._looked_at(given, step, lost)
            else:
                for key in bounded:
                    self._check_key(key, given[key])
            if keys:
                self._open_writer().row(keys, values, step, now)
        except Exception as error:  # noqa: BLE001 - training goes on whatever happened
            lost.append((error, metrics, max(1, len(given) - len(lost))))
        for each, what, count in lost:
            self.losses.note(each, f"log_metrics({shown(what)})", count)

    def _looked_at(
        self, given: Mapping[Any, Any], step: object, lost: list[tuple[Exception, object, int]]
    ) -> "tuple[tuple[str, ...], array[float], int]":
        """Returns what can be logged of a row, and remembers its names if all can."""
        at = whole(0 if step is None else step)
        found: dict[str, float] = {}
        for key, value in given.items():
            try:
                if key not in self._keys:
                    self._check_key(key, value)
                found[key] = number(value)
            except (Lost, TypeError, ValueError) as error:
                lost.append((error, key, 1))
        keys = tuple(found)
        if len(keys) == len(given) and len(keys) <= MAX_ROW_KEYS:
            if len(self._rows) >= MAX_ROWS:
                self._rows.clear()
            self._rows[keys] = tuple(key for key in keys if key not in self._keys)
        return keys, array("d", found.values()), at

    @never_raises
    def log_batch(
        self,
        metrics: Mapping[str, Iterable[SupportsFloat]],
        steps: Iterable[int] | None = None,
        *,
        times_us: Iterable[int] | None = None,
    ) -> None:
        """Logs whole columns of points, a million a second.

        Args:
            metrics: For each metric its values: a list, a numpy array, a tensor.
            steps: One step for each value; 0, 1, 2, … if left out.
            times_us: One time for each value in microseconds UTC; now if left out.
        """
        step_list = None if steps is None else column(steps)
        time_list = None if times_us is None else column(times_us)
        for key, values in _items(self, metrics, "log_batch"):
            count = 1
            try:
                self._check_key(key)
                value_list = column(values)
                count = len(value_list)
                if self.watch is not None and key in self.watch.bounded:
                    self.watch.values(key, map(number, value_list))
                self._log_column(key, value_list, step_list, time_list)
            except Exception as error:  # noqa: BLE001 - the other columns are still logged
                self.losses.note(error, f"log_batch({shown(key)})", count)

    def _log_column(
        self, key: str, values: list[Any], steps: list[Any] | None, times: list[Any] | None
    ) -> None:
        count = len(values)
        for given in (steps, times):
            if given is not None and len(given) != count:
                raise Lost("type", f"{count} values but {len(given)} steps or times")
        if set(map(type, values)) - {float, int}:
            values = [number(value) for value in values]
        self._open_writer().series(
            key,
            values,
            range(count) if steps is None else whole_column(steps),
            [now_us()] * count if times is None else whole_column(times),
        )

    # ------------------------------------------------------------------ params, tags, notes

    def log_param(self, key: str, value: object) -> None:
        """Logs a param once; the value is kept as JSON where it can be, else as its text."""
        self._log_params([(key, value)], "log_param")

    def log_params(self, params: Mapping[str, object]) -> None:
        """Logs several params, few `write()` calls for all."""
        self._log_params(_items(self, params, "log_params"), "log_params")

    def _log_params(self, params: Iterable[tuple[str, object]], what: str) -> None:
        waiting: dict[str, tuple[str, JsonValue]] = {}
        lost: list[tuple[Exception, object]] = []
        held = 0
        for key, value in params:
            try:
                text, kept = self._new_param(key, value, waiting)
            except Exception as error:  # noqa: BLE001 - training goes on whatever happened
                lost.append((error, key))
                continue
            if text:
                waiting[key] = text, kept
                held += len(text)
            if held > MAX_TEXT_BYTES:
                self._write_params(waiting, what)
                waiting, held = {}, 0
        if waiting:
            self._write_params(waiting, what)
        for each, named in lost:
            self.losses.note(each, f"{what}({shown(named)})")

    def _new_param(
        self, key: str, value: object, waiting: Mapping[str, tuple[str, JsonValue]]
    ) -> tuple[str, JsonValue]:
        """Returns a param as text and as JSON, an empty text if it is known already.

        Raises:
            Lost: If it has another value, or cannot be kept.
        """
        check_name(key)
        kept = as_json(value)
        text = json.dumps(kept, sort_keys=True, ensure_ascii=True)
        known = waiting[key][0] if key in waiting else self._params.get(key)
        if known is not None and known != text:
            raise Lost("param-changed", f"{known[:60]} stays, {text[:60]} came")
        if len(text) > MAX_TEXT_BYTES:
            raise Lost("size", f"{len(text):,} characters")
        return ("" if known == text else text), kept

    def _write_params(self, params: Mapping[str, tuple[str, JsonValue]], what: str) -> None:
        """Writes params that are new; where they do not go in together, one by one."""
        bodies: list[JsonValue] = [{"key": key, "value": kept} for key, (_, kept) in params.items()]
        try:
            self._open_writer().records([(Kind.PARAM, body) for body in bodies])
        except Exception as error:  # noqa: BLE001 - training goes on whatever happened
            if len(params) > 1 and not isinstance(error, Lost):
                for key, each in params.items():
                    self._write_params({key: each}, what)
                return
            lost = Lost("size", str(error)) if isinstance(error, ValueError) else error
            self.losses.note(lost, f"{what}({shown(next(iter(params)))})", len(params))
            return
        for body, (key, (text, _)) in zip(bodies, params.items(), strict=True):
            self._params[key] = text
            if self.watch is not None:
                self.watch.record(Kind.PARAM, body)

    @never_raises
    def set_tag(self, key: str, value: object) -> None:
        """Sets a tag, or removes it if the value is None; the last value wins."""
        check_name(key)
        text = None if value is None else whole_text(str(value))
        self._record(Kind.TAG, {"key": key, "value": text}, len(text or ""))

    def set_tags(self, tags: Mapping[str, object]) -> None:
        """Sets several tags."""
        for key, value in _items(self, tags, "set_tags"):
            self.set_tag(key, value)

    @never_raises
    def log_note(self, text: str) -> None:
        """Adds a note for people to read."""
        if not isinstance(text, str):
            raise Lost("type", "a note is text")
        self._record(Kind.NOTE, {"text": whole_text(text), "time": now_us()}, len(text))

    @never_raises
    def log_input(
        self,
        data: object = None,
        *,
        name: str = "",
        context: str = "training",
        source: str = "",
        digest: str = "",
        version: object = "",
        profile: bool = True,
        snapshot: bool = False,
    ) -> None:
        """Logs a dataset the run uses: name, digest, schema, row count and profile.

        Args:
            data: A file, a folder, a numpy array, a tensor, a table of pandas, polars or Arrow,
                or a dict of columns; None if name and digest say it all.
            name: What people call it; the file's name if left out.
            context: What it is used for: training, validation, test.
            source: Where it came from, in the words of whoever logs it.
            digest: Of the data; computed if left out.
            version: Its id by the tool that versions it: a text such as ``feast:stats@3``, a
                feature view of Feast, a table of deltalake, a reference of lakeFS; found by the
                files a tool leaves if left out.
            profile: Whether to look at each column: kind, missing, range, spread, quantiles and
                frequent values. Values that fewer than five rows share are never named.
            snapshot: Whether to keep a copy of a file or folder up to 64 MiB among the run's
                artifacts, under ``datasets/``.
        """
        from strongroom.sdk.inputs import describe, keep_snapshot

        found = describe(
            data, name=name, context=context, source=source, digest=digest, version=version,
            profile=profile, losses=self.losses,
        )  # fmt: skip
        if snapshot:
            found = keep_snapshot(data, found, self.log_artifact, self.losses)
        body = {key: whole_text(text) for key, text in found.as_texts().items()}
        self._record(Kind.INPUT, body, sum(map(len, body.values())))

    # ------------------------------------------------------------------ the end

    def end(self, status: str | RunStatus = RunStatus.FINISHED) -> None:
        """Ends this process's part of the run; a second call changes nothing."""
        if self.is_ended:
            return
        self.is_ended = True
        given: object = status  # whatever it is, the run ends
        is_known = isinstance(given, str) and given in _STATUSES
        word = RunStatus(status) if is_known else RunStatus.FINISHED
        try:
            self._keeper.close()
            if self.watch is not None:
                self.watch.end(word, self._names, self._keeper.paths())
            if not self._writer.close(word, self.losses.counts):
                LOG.warning("The end of run %s could not be written: no room.", self.run_id)
            if self.losses.counts:
                LOG.warning("Run %s ended; not logged: %s", self.run_id, self.losses.counts)
        except Exception as error:  # noqa: BLE001 - the end of a run is not the end of a script
            LOG.warning("The end of run %s could not be written: %s", self.run_id, error)
        finally:
            self._on_end(self)

    @never_raises
    def flush(self) -> None:
        """Makes everything logged so far durable: after it, a power cut takes nothing of it."""
        if not self._open_writer().sync():
            raise OSError(errno.EIO, "the disk did not make it durable")

    def after_fork(self) -> None:
        """Lets go of what belongs to the parent process."""
        self._keeper.after_fork()
        self.watch = None
        self.losses.counts.clear()

    def _metric_lost(
        self, key: object, value: object, step: object, time_us: int | None, error: Exception
    ) -> None:
        """Tries once more with a step that is a whole number of another type, else counts it."""
        try:
            if type(step) is not int and isinstance(key, str):
                step = 0 if step is None else step  # what MLflow's users leave out
                self._open_writer().metric(key, number(value), whole(step), time_us)
                return
        except Exception as second:  # noqa: BLE001 - training goes on whatever happened
            error = second
        if self.is_ended:
            error = Lost("ended")
        self.losses.note(error, f"log_metric({shown(key)})")

    def _check_key(self, key: object, value: object = None) -> None:
        """Looks at the name of a metric once; at its values as long as a contract bounds them."""
        if key in self._names and self.watch is not None and type(value) is float:
            limits = self.watch.bounded.get(str(key))
            if limits is not None and (limits[0] <= value <= limits[1] or value != value):  # noqa: PLR0124 - NaN
                return
        check_name(key)
        if not isinstance(key, str):
            return
        if self.watch is None:
            self._keys.add(key)
            return
        if key not in self._names:
            self._names.add(key)
            self.watch.metric(key)
        if key in self.watch.bounded and value is not None:
            self.watch.values(key, (number(value),))
        if key not in self.watch.bounded:
            self._keys.add(key)

    def _open_writer(self) -> JournalWriter:
        if self.is_ended:
            raise Lost("ended")
        return self._writer

    def _record(self, kind: Kind, body: JsonValue, size: int) -> None:
        writer = self._open_writer()
        if size > MAX_TEXT_BYTES:
            raise Lost("size", f"{size:,} characters")
        try:
            writer.record(kind, body)
        except ValueError as error:
            raise Lost("size", str(error)) from error
        if self.watch is not None:
            self.watch.record(kind, body)


def _items(run: ActiveRun, given: object, what: str) -> Iterable[tuple[str, Any]]:
    if isinstance(given, Mapping):
        try:
            return list(given.items())
        except Exception as error:  # noqa: BLE001 - somebody's own mapping may be broken
            run.losses.note(error, what)
            return ()
    run.losses.note(Lost("type", "a mapping is needed"), what)
    return ()

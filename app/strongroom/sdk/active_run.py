# SPDX-License-Identifier: Apache-2.0
"""A run that is being written: every verb of logging as a method.

* A logging method never raises into training: what it cannot write is counted (`sdk.losses`).
* When `log_metric` returns, the kernel has the point: kill -9 does not take it back.
* A param keeps its first value; the same value again changes nothing, another is counted.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, SupportsFloat

from strongroom.domain.canonical import JsonValue
from strongroom.domain.ids import RandomBytes
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import MAX_BODY_BYTES, Kind
from strongroom.journal.writer import JournalWriter
from strongroom.sdk.keeping import Keeper
from strongroom.sdk.losses import LOG, Losses, Lost, never_raises, shown
from strongroom.sdk.values import (
    as_json,
    check_name,
    column,
    json_text,
    now_us,
    number,
    whole,
    whole_column,
    whole_text,
)

MAX_TEXT_BYTES = MAX_BODY_BYTES - 16_384  # leaves room for the name and the quoting of the body


class ActiveRun:
    """A run this process writes into; use it as a context manager.

    Args:
        writer: This process's journal.
        facts: What ``run.json`` says.
        is_strict: Whether wrong types raise.
        random_bytes: For the names of temporary files.
        on_end: Called once when the run has ended.
        leads: Whether this process's end is the run's end.
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
    ) -> None:
        self.losses = Losses(is_strict=is_strict)
        self.run_id: str = writer.run_id
        self.experiment: str = facts["experiment"]
        self.name: str = facts["name"]
        self.leads = leads
        self._writer = writer
        self._keeper = Keeper(writer, random_bytes)
        self._on_end = on_end
        self._params: dict[str, str] = {}
        self._pid = os.getpid()
        self._is_ended = False
        self._metric = writer.metric
        self._keys: set[str] = set()

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._writer.folder

    @property
    def is_ended(self) -> bool:
        """Whether the run has been ended by this process."""
        return self._is_ended

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
                self._check_key(key)
            if type(value) is not float:
                value = number(value)
            self._metric(key, value, step, time_us)
        except Exception as error:  # noqa: BLE001 - training goes on whatever happened
            self._metric_lost(key, value, step, time_us, error)

    @never_raises
    def log_metrics(
        self, metrics: Mapping[str, SupportsFloat], step: int = 0, *, time_us: int | None = None
    ) -> None:
        """Logs one point of each of several metrics, all with the same step and time."""
        points = []
        for key, value in _items(self, metrics, "log_metrics"):
            try:
                if key not in self._keys:
                    self._check_key(key)
                points.append((key, number(value), whole(step)))
            except (Lost, TypeError, ValueError) as error:
                self.losses.note(error, f"log_metrics({shown(key)})")
        self._open_writer().points(points, now_us() if time_us is None else time_us)

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

    @never_raises
    def log_param(self, key: str, value: object) -> None:
        """Logs a param once; the value is kept as JSON where it can be, else as its text."""
        check_name(key)
        kept = as_json(value)
        text = json.dumps(kept, sort_keys=True, ensure_ascii=True)
        known = self._params.get(key)
        if known == text:
            return
        if known is not None:
            raise Lost("param-changed", f"{known[:60]} stays, {text[:60]} came")
        self._record(Kind.PARAM, {"key": key, "value": kept}, len(text))
        self._params[key] = text

    def log_params(self, params: Mapping[str, object]) -> None:
        """Logs several params."""
        for key, value in _items(self, params, "log_params"):
            self.log_param(key, value)

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
    ) -> None:
        """Logs a dataset the run uses: name, digest, schema and row count.

        Args:
            data: A file, a folder, a numpy array or a pandas DataFrame; None if name and digest
                say it all.
            name: What people call it; the file's name if left out.
            context: What it is used for: training, validation, test.
            source: Where it came from, in the words of whoever logs it.
            digest: An id of the data by the tool that versions it; computed if left out.
        """
        from strongroom.sdk.inputs import describe

        found = describe(data, name=name, context=context, source=source, digest=digest)
        body = {key: whole_text(text) for key, text in found.as_texts().items()}
        self._record(Kind.INPUT, body, sum(map(len, body.values())))

    # ------------------------------------------------------------------ artifacts

    @never_raises
    def log_artifact(self, file: str | os.PathLike[str], path: str = "") -> None:
        """Keeps a file, or all files of a folder.

        Args:
            file: The file or folder; links inside a folder are not followed.
            path: The folder inside the run's artifacts it goes to; its root if left out.
        """
        self._open_writer()
        source = Path(file)
        if not source.is_dir():
            self._keeper.keep_file(source, f"{path}/{source.name}" if path else source.name)
            return
        for relative, error in self._keeper.keep_folder(source, path):
            self.losses.note(error, f"log_artifact({shown(relative)})")

    @never_raises
    def log_bytes(self, data: bytes, path: str) -> None:
        """Keeps bytes as the artifact of this path."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise Lost("type", "bytes are needed")
        self._open_writer()
        self._keeper.keep_bytes(path, bytes(data))

    def log_text(self, text: str, path: str) -> None:
        """Keeps a text as a UTF-8 file."""
        self._rendered(path, lambda: whole_text(text).encode())

    def log_dict(self, document: object, path: str) -> None:
        """Keeps a dict or list as a JSON file."""
        self._rendered(path, lambda: json_text(document).encode())

    def log_table(self, table: object, path: str) -> None:
        """Keeps a table: a dict of columns, a list of rows, or a pandas DataFrame.

        The name decides the form: ``.csv``, else JSON ``{"columns": …, "data": …}``.
        """
        from strongroom.sdk.pictures import table_bytes

        self._rendered(path, lambda: table_bytes(table, path))

    def log_image(self, image: object, path: str) -> None:
        """Keeps a picture: bytes of an image file, or an array of grey, RGB or RGBA values.

        Arrays have the shape (height, width) or (height, width, 1, 3 or 4); floats lie in 0 … 1.
        """
        from strongroom.sdk.pictures import image_bytes

        self._rendered(path, lambda: image_bytes(image))

    def log_figure(self, figure: object, path: str) -> None:
        """Keeps a matplotlib figure in the format its name says, or bytes as they are."""
        from strongroom.sdk.pictures import figure_bytes

        self._rendered(path, lambda: figure_bytes(figure, path))

    def log_histogram(self, values: object, name: str, step: int = 0, *, bins: int = 64) -> None:
        """Keeps how values are spread, as ``histograms/NAME/step_STEP.json``.

        Args:
            values: An array of any shape, a tensor, or numbers; those not finite are counted apart.
            name: What they are, such as ``weights/layer1``.
            step: Signed 64-bit integer; the window shows the steps of a name beside each other.
            bins: Even ones between the least and the largest value.
        """
        from strongroom.sdk.histograms import histogram_of

        def keep(run: "ActiveRun") -> None:
            run._open_writer()  # noqa: SLF001 - the same class
            path = f"histograms/{name}/step_{whole(step):010d}.json"
            data = json_text(histogram_of(values, bins)).encode()
            run._keeper.keep_bytes(path, data)  # noqa: SLF001 - the same class

        _guarded(self, keep, f"log_histogram({shown(name)})")

    def log_model(
        self,
        model: object,
        path: str = "model",
        *,
        signature: Mapping[str, Any] | None = None,
        input_example: object = None,
        requirements: Sequence[str] | None = None,
        flavor: str = "auto",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Keeps a model as a folder that Strongroom and MLflow can load.

        Args:
            model: An estimator, a folder, or bytes.
            path: Where it lies among the run's artifacts.
            signature: ``{"inputs": [...], "outputs": [...]}`` in MLflow's words; inferred from
                the example if left out.
            input_example: A few rows of input: array, DataFrame, dict of columns or list.
            requirements: Exact pins; those of the packages the model needs if left out.
            flavor: ``sklearn``, ``python_function``, ``files``, or ``auto``.
            metadata: Free facts, kept in the MLmodel file.
        """
        from strongroom.sdk.model_folder import model_files

        def keep(run: "ActiveRun") -> None:
            files = model_files(
                model,
                run_id=run.run_id,
                path=path,
                signature=signature,
                input_example=input_example,
                requirements=requirements,
                flavor=flavor,
                metadata=metadata,
            )
            run.keep_all(files, path)

        _guarded(self, keep, f"log_model({shown(path)})")

    def keep_all(self, files: Mapping[str, bytes | Path], path: str) -> None:
        """Keeps several files below a path, the ones given as bytes with one fsync.

        Raises:
            Lost: If a path is not allowed.
            OSError: If a file cannot be read or the disk did not take it.
        """
        self._open_writer()
        self._keeper.keep_many({f"{path}/{name}": data for name, data in files.items()})

    # ------------------------------------------------------------------ the end

    def end(self, status: str | RunStatus = RunStatus.FINISHED) -> None:
        """Ends this process's part of the run; a second call changes nothing."""
        if self._is_ended:
            return
        self._is_ended = True
        self._keeper.close()
        word = RunStatus(status) if status in set(RunStatus) else RunStatus.FINISHED
        if not self._writer.close(word, self.losses.counts):
            LOG.warning("The end of run %s could not be written: the disk is full.", self.run_id)
        if self.losses.counts:
            LOG.warning("Run %s ended; not logged: %s", self.run_id, self.losses.counts)
        self._on_end(self)

    def after_fork(self) -> None:
        """Lets go of what belongs to the parent process."""
        self._keeper.after_fork()
        self.losses.counts.clear()

    def _metric_lost(
        self, key: object, value: object, step: object, time_us: int | None, error: Exception
    ) -> None:
        """Tries once more with a step that is a whole number of another type, else counts it."""
        try:
            if type(step) is not int and isinstance(key, str):
                self._open_writer().metric(key, number(value), whole(step), time_us)
                return
        except Exception as second:  # noqa: BLE001 - training goes on whatever happened
            error = second
        if self._is_ended:
            error = Lost("ended")
        self.losses.note(error, f"log_metric({shown(key)})")

    def _check_key(self, key: object) -> None:
        check_name(key)
        if isinstance(key, str):
            self._keys.add(key)

    def _open_writer(self) -> JournalWriter:
        if self._is_ended:
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

    def _rendered(self, path: str, render: Callable[[], bytes]) -> None:
        def keep(run: "ActiveRun") -> None:
            run._open_writer()  # noqa: SLF001 - the same class
            run._keeper.keep_bytes(path, render())  # noqa: SLF001 - the same class

        _guarded(self, keep, f"artifact {shown(path)}")


def _guarded(run: ActiveRun, action: Callable[[ActiveRun], None], what: str) -> None:
    try:
        action(run)
    except Exception as error:  # noqa: BLE001 - training goes on whatever happened
        run.losses.note(error, what)


def _items(run: ActiveRun, given: object, what: str) -> Iterable[tuple[str, Any]]:
    if isinstance(given, Mapping):
        return given.items()
    run.losses.note(Lost("type", "a mapping is needed"), what)
    return ()


def status_of(error: BaseException | None) -> RunStatus:
    """Returns the status of a run that ends with this exception."""
    if error is None:
        return RunStatus.FINISHED
    if isinstance(error, SystemExit) and not error.code:
        return RunStatus.FINISHED
    return RunStatus.KILLED if isinstance(error, KeyboardInterrupt) else RunStatus.FAILED

# SPDX-License-Identifier: Apache-2.0
"""The functions of ``import strongroom as sr``: they speak to the run started last.

* Without an active run nothing is raised: the call is counted, and warned about once.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsFloat

from strongroom.domain.run import RunStatus
from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.capturing import Choice
from strongroom.sdk.losses import Lost
from strongroom.sdk.session import SESSION


def start_run(
    experiment: str | None = None,
    *,
    name: str | None = None,
    run_id: str | None = None,
    parent: str | None = None,
    store: str | os.PathLike[str] | None = None,
    capture: Choice = None,
    reason: str = "",
) -> ActiveRun:
    """Starts a run; use it as a context manager, or call `end_run`.

    Args:
        experiment: Its group; ``STRONGROOM_EXPERIMENT``, ``MLFLOW_EXPERIMENT_NAME`` or Default.
        name: What people call the run.
        run_id: Resumes this run, or starts it under this id; ``STRONGROOM_RUN_ID`` and
            ``MLFLOW_RUN_ID`` do the same for the outermost run.
        parent: The run above; the active one if left out, none if "".
        store: The store's folder; ``STRONGROOM_STORE`` or the user's own.
        capture: What is kept by itself: True, False, or names of ``code``, ``packages``,
            ``system``, ``network``; ``STRONGROOM_CAPTURE`` or the settings if left out.
        reason: Why this run: a retrain of a version, an incident; ``STRONGROOM_REASON``.

    Raises:
        BadInput: ``E-FORMAT`` for a run id or experiment that cannot be one, ``E-USAGE`` for
            something there is not to capture.
        EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
    """
    return SESSION.start(
        experiment,
        name=name,
        run_id=run_id,
        parent=parent,
        store=store,
        capture=capture,
        reason=reason,
    )


def active_run() -> ActiveRun | None:
    """Returns the run that is logged into, or None."""
    return SESSION.current()


def flush() -> None:
    """Makes everything logged so far durable (`ActiveRun.flush`)."""
    if (run := _run("flush")) is not None:
        run.flush()


def end_run(status: str = RunStatus.FINISHED) -> None:
    """Ends the run that is logged into, if there is one."""
    run = SESSION.current()
    if run is not None:
        run.end(status)


def log_metric(
    key: str, value: SupportsFloat, step: int = 0, *, time_us: int | None = None
) -> None:
    """Logs one point of a metric (`ActiveRun.log_metric`)."""
    run = SESSION.current()
    if run is None:
        _nowhere("log_metric")
    else:
        run.log_metric(key, value, step, time_us=time_us)


def log_metrics(
    metrics: Mapping[str, SupportsFloat], step: int = 0, *, time_us: int | None = None
) -> None:
    """Logs one point of each of several metrics (`ActiveRun.log_metrics`)."""
    if (run := _run("log_metrics")) is not None:
        run.log_metrics(metrics, step, time_us=time_us)


def log_batch(
    metrics: Mapping[str, Iterable[SupportsFloat]],
    steps: Iterable[int] | None = None,
    *,
    times_us: Iterable[int] | None = None,
) -> None:
    """Logs whole columns of points (`ActiveRun.log_batch`)."""
    if (run := _run("log_batch")) is not None:
        run.log_batch(metrics, steps, times_us=times_us)


def log_param(key: str, value: object) -> None:
    """Logs a param (`ActiveRun.log_param`)."""
    if (run := _run("log_param")) is not None:
        run.log_param(key, value)


def log_params(params: Mapping[str, object]) -> None:
    """Logs several params (`ActiveRun.log_params`)."""
    if (run := _run("log_params")) is not None:
        run.log_params(params)


def set_tag(key: str, value: object) -> None:
    """Sets or removes a tag (`ActiveRun.set_tag`)."""
    if (run := _run("set_tag")) is not None:
        run.set_tag(key, value)


def set_tags(tags: Mapping[str, object]) -> None:
    """Sets several tags (`ActiveRun.set_tags`)."""
    if (run := _run("set_tags")) is not None:
        run.set_tags(tags)


def log_note(text: str) -> None:
    """Adds a note (`ActiveRun.log_note`)."""
    if (run := _run("log_note")) is not None:
        run.log_note(text)


def log_input(
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
    """Logs a dataset the run uses (`ActiveRun.log_input`)."""
    if (run := _run("log_input")) is not None:
        run.log_input(
            data, name=name, context=context, source=source, digest=digest, version=version,
            profile=profile, snapshot=snapshot,
        )  # fmt: skip


def log_artifact(file: str | os.PathLike[str], path: str = "") -> None:
    """Keeps a file or a folder (`ActiveRun.log_artifact`)."""
    if (run := _run("log_artifact")) is not None:
        run.log_artifact(file, path)


def log_artifacts(folder: str | os.PathLike[str], path: str = "") -> None:
    """Keeps all files of a folder; the other name of `log_artifact`."""
    log_artifact(folder, path)


def log_text(text: str, path: str) -> None:
    """Keeps a text as a file (`ActiveRun.log_text`)."""
    if (run := _run("log_text")) is not None:
        run.log_text(text, path)


def log_dict(document: object, path: str) -> None:
    """Keeps a dict or list as a JSON file (`ActiveRun.log_dict`)."""
    if (run := _run("log_dict")) is not None:
        run.log_dict(document, path)


def log_table(table: object, path: str) -> None:
    """Keeps a table as a file (`ActiveRun.log_table`)."""
    if (run := _run("log_table")) is not None:
        run.log_table(table, path)


def log_image(image: object, path: str) -> None:
    """Keeps a picture (`ActiveRun.log_image`)."""
    if (run := _run("log_image")) is not None:
        run.log_image(image, path)


def log_figure(figure: object, path: str) -> None:
    """Keeps a figure (`ActiveRun.log_figure`)."""
    if (run := _run("log_figure")) is not None:
        run.log_figure(figure, path)


def log_histogram(values: object, name: str, step: int = 0, *, bins: int = 64) -> None:
    """Keeps how values are spread at a step (`ActiveRun.log_histogram`)."""
    if (run := _run("log_histogram")) is not None:
        run.log_histogram(values, name, step, bins=bins)


def log_model(
    model: object,
    path: str = "model",
    *,
    signature: Mapping[str, Any] | None = None,
    input_example: object = None,
    requirements: Sequence[str] | None = None,
    flavor: str = "auto",
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Keeps a model as a folder (`ActiveRun.log_model`)."""
    if (run := _run("log_model")) is not None:
        run.log_model(
            model,
            path,
            signature=signature,
            input_example=input_example,
            requirements=requirements,
            flavor=flavor,
            metadata=metadata,
        )


def _run(verb: str) -> ActiveRun | None:
    run = SESSION.current()
    if run is None:
        _nowhere(verb)
    return run


def _nowhere(verb: str) -> None:
    SESSION.orphans.note(Lost("which-run" if SESSION.is_divided else "no-run"), verb)

# SPDX-License-Identifier: Apache-2.0
"""The front door: ``import strongroom as sr`` gives a training script everything it logs with.

* Nothing is imported until it is used (PEP 562); logging itself needs the standard library only.
* Reading back (`search_runs`) opens the store as the window does and needs what that needs.
* ``%load_ext strongroom`` finds the notebook's part here too.
"""

import importlib

TYPE_CHECKING = False  # type checkers know the name; `typing` itself would double the import time
if TYPE_CHECKING:
    from strongroom.sdk.active_run import ActiveRun as ActiveRun
    from strongroom.sdk.fluent import active_run as active_run
    from strongroom.sdk.fluent import end_run as end_run
    from strongroom.sdk.fluent import flush as flush
    from strongroom.sdk.fluent import log_artifact as log_artifact
    from strongroom.sdk.fluent import log_artifacts as log_artifacts
    from strongroom.sdk.fluent import log_batch as log_batch
    from strongroom.sdk.fluent import log_dict as log_dict
    from strongroom.sdk.fluent import log_figure as log_figure
    from strongroom.sdk.fluent import log_histogram as log_histogram
    from strongroom.sdk.fluent import log_image as log_image
    from strongroom.sdk.fluent import log_input as log_input
    from strongroom.sdk.fluent import log_metric as log_metric
    from strongroom.sdk.fluent import log_metrics as log_metrics
    from strongroom.sdk.fluent import log_model as log_model
    from strongroom.sdk.fluent import log_note as log_note
    from strongroom.sdk.fluent import log_param as log_param
    from strongroom.sdk.fluent import log_params as log_params
    from strongroom.sdk.fluent import log_table as log_table
    from strongroom.sdk.fluent import log_text as log_text
    from strongroom.sdk.fluent import set_tag as set_tag
    from strongroom.sdk.fluent import set_tags as set_tags
    from strongroom.sdk.fluent import start_run as start_run
    from strongroom.sdk.track import track as track
    from strongroom.services.close_run import close_run as close_run
    from strongroom.services.run_search import compare_runs as compare_runs
    from strongroom.services.run_search import get_histories as get_histories
    from strongroom.services.run_search import get_history as get_history
    from strongroom.services.run_search import get_run as get_run
    from strongroom.services.run_search import search_runs as search_runs

__version__ = "0.1.0"

_WRITERS = [
    "active_run",
    "end_run",
    "flush",
    "log_artifact",
    "log_artifacts",
    "log_batch",
    "log_dict",
    "log_figure",
    "log_histogram",
    "log_image",
    "log_input",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_note",
    "log_param",
    "log_params",
    "log_table",
    "log_text",
    "set_tag",
    "set_tags",
    "start_run",
]
_HOME = {"ActiveRun": "strongroom.sdk.active_run"} | dict.fromkeys(
    _WRITERS, "strongroom.sdk.fluent"
)
_HOME["track"] = "strongroom.sdk.track"
_HOME |= dict.fromkeys(
    ("compare_runs", "get_histories", "get_history", "get_run", "search_runs"),
    "strongroom.services.run_search",
)
_HOME |= dict.fromkeys(
    ("load_ipython_extension", "unload_ipython_extension"), "strongroom.notebook.extension"
)
_HOME["close_run"] = "strongroom.services.close_run"


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'strongroom' has no attribute {name!r}")
    found: object = getattr(importlib.import_module(home), name)
    globals()[name] = found  # the next use is an ordinary look-up
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})

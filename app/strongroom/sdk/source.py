# SPDX-License-Identifier: Apache-2.0
"""Captures where a run comes from: commit, entry point, arguments, host, user, Python.

* Captured by itself and never in the way: what cannot be found out in a second is left empty.
* Values are text. Environment variables are taken from a short list only, none of which is known
  to hold a secret.
"""

import getpass
import os
import platform
import shlex
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from strongroom.sdk.machine import machine_facts
from strongroom.sdk.masking import masked_arguments
from strongroom.sdk.work_tree import WorkTree

MAX_VALUE_CHARACTERS = 4_096  # enough for a long command line; run.json stays small
CAPTURED = {
    "trace": "TRACEPARENT",
    "slurm_job": "SLURM_JOB_ID",
    "lsf_job": "LSB_JOBID",
    "airflow_run": "AIRFLOW_CTX_DAG_RUN_ID",
    "argo_workflow": "ARGO_WORKFLOW_NAME",
    "slurm_array_job": "SLURM_ARRAY_JOB_ID",
    "slurm_array_task": "SLURM_ARRAY_TASK_ID",
    "pbs_job": "PBS_JOBID",
    "ci_job": "CI_JOB_ID",
    "rank": "RANK",
    "reason": "STRONGROOM_REASON",
}


def facts_of(
    environ: Mapping[str, str], argv: list[str], tree: WorkTree, reason: str = ""
) -> dict[str, str]:
    """Returns the facts of this process that say how to repeat the run; no empty values.

    Args:
        environ: The environment.
        argv: The command line.
        tree: Answers for the repository.
        reason: Why this run; what the environment says if it is left out.
    """
    entry = entry_point(environ, argv)
    facts = {
        "entry": entry,
        "argv": shlex.join(masked_arguments(argv[1:])),
        "cwd": _or_empty(os.getcwd),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **machine_facts(),
        **tree.facts(code_folder(entry)),
    }
    facts |= {name: environ.get(variable, "") for name, variable in CAPTURED.items()}
    facts["reason"] = reason or facts["reason"]
    return {name: clean(text)[:MAX_VALUE_CHARACTERS] for name, text in facts.items() if text}


def entry_point(environ: Mapping[str, str], argv: list[str]) -> str:
    """Returns the file that was started, "" if it is the interpreter's own prompt.

    In a notebook it is the notebook, where its server says which one.
    """
    if not argv or argv[0] in {"", "-c", "-m"}:
        return ""
    path = Path(argv[0])
    if path.name == "ipykernel_launcher.py":
        return environ.get("JPY_SESSION_NAME", "")
    return _or_empty(lambda: str(path.absolute()))


def code_folder(entry: str) -> Path:
    """Returns where the code of a run lies: beside what was started, unless that is a tool."""
    here = Path(_or_empty(os.getcwd) or os.sep)
    if not Path(entry).is_absolute():
        return here
    folder = Path(entry).parent
    return here if folder.is_relative_to(sys.prefix) else folder


def user_name() -> str:
    """Returns who runs this process, or nothing if the system does not know."""
    try:
        return clean(getpass.getuser())
    except (OSError, KeyError, ImportError):
        return ""


def host_name() -> str:
    """Returns the name of this machine."""
    return clean(_or_empty(socket.gethostname))


def clean(text: str) -> str:
    """Returns the text without halves of characters, which JSON in UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _or_empty(read: Callable[[], str]) -> str:
    try:
        return read()
    except (OSError, ValueError):
        return ""

# SPDX-License-Identifier: Apache-2.0
"""The auditor's script, loaded as a module or run as a program of its own."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

from support import no_internet
from support.sealed_team import VERIFY_PY


def load_script() -> ModuleType:
    """Returns verify.py as a module; its file is in no package."""
    spec = importlib.util.spec_from_file_location("strongroom_verify", VERIFY_PY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(*arguments: str | Path, script: Path = VERIFY_PY) -> tuple[int, str]:
    """Runs the script as an auditor does, without the program's packages; (exit code, output)."""
    command = no_internet.isolated("-S", str(script), *map(str, arguments))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr

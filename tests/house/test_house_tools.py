# SPDX-License-Identifier: Apache-2.0
"""The tools agree with the tree: format, lint, types, and which way imports run."""

import os
import subprocess
import sys
from pathlib import Path

from support.checkout import ROOT
from support.no_internet import GUARDED

CHECKED = ["app", "tests", "packaging"]


def _passes(command: list[str], **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def test_every_file_is_formatted():
    _passes([sys.executable, "-m", "ruff", "format", "--check", "--quiet", *CHECKED])


def test_the_linter_has_nothing_to_say():
    _passes([sys.executable, "-m", "ruff", "check", "--quiet", *CHECKED])


def test_types_are_strict_in_the_product():
    _passes([sys.executable, "-m", "mypy"])


def test_types_are_strict_in_the_scripts():
    scripts = [str(path) for path in sorted((ROOT / "packaging").glob("*.py"))]
    _passes([sys.executable, "-m", "mypy", *scripts])


def test_imports_run_downhill():
    _passes(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        PYTHONPATH=GUARDED,
    )

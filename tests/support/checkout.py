# SPDX-License-Identifier: Apache-2.0
"""The checkout the tests run in: where it is, and which files are its own."""

import functools
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app" / "strongroom"
DOCS = ROOT / "docs"


@functools.cache
def modules(folder: Path) -> tuple[Path, ...]:
    """The Python files below a folder that hold anything, sorted."""
    return tuple(path for path in sorted(folder.rglob("*.py")) if path.stat().st_size)


@functools.cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()

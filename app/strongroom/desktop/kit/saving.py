# SPDX-License-Identifier: Apache-2.0
"""Asks for the name of a file to write; never blocks, never writes by itself."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

LONGEST_NAME = 120  # characters; fits every file system with a suffix


def ask_where(
    parent: QWidget, title: str, name: str, chosen: Callable[[Path], None]
) -> QFileDialog:
    """Opens the dialog and hands the chosen path on; Cancel hands on nothing."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    suffix = Path(name).suffix
    if suffix:
        dialog.setDefaultSuffix(suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def file_name(words: str, suffix: str = "") -> str:
    """Returns a name made from data that is legal everywhere."""
    kept = "".join(each if each.isalnum() or each in "._-" else "-" for each in words)
    return (kept.strip(".-")[:LONGEST_NAME] or "file") + suffix

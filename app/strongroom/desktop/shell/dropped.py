# SPDX-License-Identifier: Apache-2.0
"""What somebody holds over the window, or lets fall on it."""

from pathlib import Path

from PySide6.QtCore import QMimeData

from strongroom.desktop.kit.place import Place

BUNDLE = ".strongbundle"


def folder_of(data: QMimeData) -> Path | None:
    """Returns the one path of this machine somebody holds over the window, None for others.

    Whether it is a folder is found out in a task: asking a share may take its time.
    """
    urls = data.urls() if data.hasUrls() else []
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None


def import_of(source: Path) -> Place:
    """Returns where a source is imported: the wizard, which verifies it at once."""
    return Place.of("exchange", {"import": str(source.absolute())})

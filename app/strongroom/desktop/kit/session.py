# SPDX-License-Identifier: Apache-2.0
"""What the window remembers for convenience: layouts, columns, filters, places. Safe to delete.

* One JSON file; a damaged file, or a value of another kind than asked for, reads as the default.
* Values are kept as text, so nobody changes one by holding on to it.
* Saved some time after the last change, in a thread, aside and renamed; only what this window
  changed replaces what is there, so two windows do not forget each other's values.
* A file of a newer format is read as far as it is known and stays as it is.
* Preferences and secrets live elsewhere; nothing here is trusted.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import shiboken6

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal

from strongroom.desktop.kit.window_thread import WindowThread
from strongroom.disk.whole_file import write_whole

FORMAT = 1
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_][a-z0-9_-]*)*")
SAVED_AFTER_MS = 800  # somebody drags a splitter: one file, not fifty
LONGEST_VALUE = 256 * 1024  # characters of JSON: a board of some thousand cards
LARGEST_FILE = 4 * 1024 * 1024  # bytes; more is not what a window has written
MOST_KEYS = 2_000

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What `Session.value` returns."""

JsonLike = None | bool | int | float | str | Sequence["JsonLike"] | Mapping[str, "JsonLike"]
"""What `Session.set_value` takes."""


class Session(QObject):
    """The values of one file.

    Args:
        path: The file; None keeps everything in memory (pictures, tests of one widget).

    Signals:
        failed: The file could not be written (the `OSError`); told once until it works again.
    """

    failed = Signal(object)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values = _read(path)
        self._dirty: dict[str, str | None] = {}
        self._has_told = False
        self._save: _Save | None = None
        self._window_thread = WindowThread.current()
        self._saver = QThreadPool(self)
        self._saver.setMaxThreadCount(1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVED_AFTER_MS)
        self._timer.timeout.connect(self._save_aside)

    def value(self, key: str, default: Json = None) -> Json:
        """Returns a value, or the default if there is none of the default's kind."""
        text = self._values.get(key)
        found: Json = json.loads(text) if text is not None else None
        if text is None or (default is not None and not _is_kind_of(found, default)):
            return default
        return found

    def set_value(self, key: str, value: JsonLike) -> bool:
        """Remembers a value; returns False, and forgets the old one, if it is too long to keep.

        Raises:
            ValueError: If the key is not a dotted path such as ``runs.columns``, or the value
                holds something that is not JSON.
        """
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a dotted path")
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except TypeError as error:
            raise ValueError(f"{key}: {error}") from error
        if len(text) > LONGEST_VALUE:
            self.forget(key)
            return False
        if self._values.get(key) != text:
            self._values[key] = self._dirty[key] = text
            self._save_later()
        return True

    def forget(self, key: str) -> None:
        """Forgets a value."""
        if self._values.pop(key, None) is not None:
            self._dirty[key] = None
            self._save_later()

    def keys(self) -> tuple[str, ...]:
        """Returns what is remembered."""
        return tuple(sorted(self._values))

    def everything(self) -> dict[str, Json]:
        """Returns a copy of all values, for somebody who reads what the window remembers."""
        return {key: json.loads(text) for key, text in sorted(self._values.items())}

    def flush(self) -> None:
        """Writes to disk now and waits for it; for a window that closes."""
        self._timer.stop()
        self._save_aside()
        self._saver.waitForDone()

    def _save_later(self) -> None:
        if self._path is not None:
            self._timer.start()

    def _save_aside(self) -> None:
        if self._path is None or not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        self._saver.waitForDone()  # the one before; it had nearly a second
        self._save = _Save(self._path, dirty, self._tell)
        self._saver.start(self._save)

    def _tell(self, error: OSError | None) -> None:
        """Hands what a worker has to tell over to the window's thread."""
        self._window_thread.hand_over(lambda: self._on_saved(error))

    def _on_saved(self, error: OSError | None) -> None:
        if not shiboken6.isValid(self):
            return  # the window has gone
        if error is not None and not self._has_told:
            self.failed.emit(error)
        self._has_told = error is not None


class _Save(QRunnable):
    """Writes the values one window changed over those that are there."""

    def __init__(
        self, path: Path, dirty: Mapping[str, str | None], done: Callable[[OSError | None], None]
    ) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._path, self._dirty, self._done = path, dirty, done

    def run(self) -> None:
        """Writes; an error is told, never raised."""
        try:
            values = _read(self._path)
            for key, text in self._dirty.items():
                if text is None:
                    values.pop(key, None)
                else:
                    values[key] = text
            _write(self._path, values)
        except OSError as error:
            self._done(error)
        else:
            self._done(None)


def _document(path: Path) -> dict[str, Json]:
    """Returns what a file says; nothing for one that is not there or not one of ours."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        document = json.loads(data) if len(data) <= LARGEST_FILE else None
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _number(path: Path) -> int:
    number = _document(path).get("format")
    return number if type(number) is int else 0


def _read(path: Path | None) -> dict[str, str]:
    """Returns the values of a file as JSON text; nothing for a file that is not one of ours."""
    document = {} if path is None else _document(path)
    number, values = document.get("format"), document.get("values")
    if type(number) is not int or number < FORMAT or not isinstance(values, dict):
        return {}
    return {
        key: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        for key, value in list(values.items())[:MOST_KEYS]
        if KEY.fullmatch(key)
    }


def _write(path: Path, values: Mapping[str, str]) -> None:
    """Writes the file whole.

    Raises:
        OSError: If that cannot be done, or a newer Strongroom wrote the file.
    """
    if _number(path) > FORMAT:
        raise OSError(f"A newer Strongroom wrote {path.name}; it stays as it is")
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(f"{json.dumps(key)}:{text}" for key, text in sorted(values.items()))
    write_whole(path, f'{{"format":{FORMAT},"values":{{\n{body}\n}}}}\n'.encode())


def _is_kind_of(value: Json, default: Json) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))

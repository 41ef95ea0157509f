# SPDX-License-Identifier: Apache-2.0
"""Looking into artifacts: a file, the way it is shown, and one part of it at a time.

* Files up to `CHECKED_FIRST` are verified before anything of them is shown. Larger ones are shown
  at once and say that they were not checked yet; `verify` reads them through, and what does not
  hold is taken away again.
* A file that was found right stays so until somebody writes to what holds it.
* Nothing is executed, fetched or written, and no path of a file is followed.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.journal.content import StoredArtifact
from strongroom.models.bounded import CHUNK_BYTES, BoundedStream
from strongroom.services.artifacts import Artifacts
from strongroom.services.views import text
from strongroom.services.views.kinds import HEAD_BYTES
from strongroom.services.views.reading import Readers, bytes_at
from strongroom.services.views.shapes import (
    Body,
    BytesView,
    FileFacts,
    Kind,
    NoView,
    TextView,
    View,
)
from strongroom.services.views.tables import PAGE_ROWS
from strongroom.store.artifact_window import ArtifactWindow, Mark
from strongroom.store.artifacts import differs, open_window

CHECKED_FIRST = 64 << 20  # hashed in about a tenth of a second
REMEMBERED = 64  # files whose place and state are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerified:
    """All bytes were read and are those that were logged; ``lines`` is how many lines they make."""

    facts: FileFacts
    lines: int
    rows: int | None


class Viewing:
    """Shows artifacts of one store's runs."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._readers = Readers()
        self._places: OrderedDict[tuple[str, str, str], tuple[Path, StoredArtifact]] = OrderedDict()
        self._right: OrderedDict[tuple[str, Mark], None] = OrderedDict()  # found right
        self._lock = threading.Lock()  # questions run side by side

    def look(
        self,
        run_id: str,
        path: str,
        *,
        kind: Kind | None = None,
        progress: Progress | None = None,
    ) -> View:
        """Returns a file in the best way or, if it offers that, in the wanted one.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``.
            Untrusted: ``E-HASH``, ``E-MISSING`` or ``E-PATH``; nothing of the file is shown.
            Cancelled: While it is verified.
        """
        watched = progress or Silent()
        with self._lock:  # a run that is still written may have logged the file again
            self._places = OrderedDict(
                (key, place) for key, place in self._places.items() if key[:2] != (run_id, path)
            )
        window, artifact = self._open(run_id, path)
        with BufferedReader(window) as file:
            if artifact.size_bytes <= CHECKED_FIRST and not self._is_right(window, artifact):
                self._check(file, window, artifact, watched)
            file.seek(0)
            head = file.read(HEAD_BYTES)
            file.seek(0)
            offered = self._readers.offered(path, head)
            chosen = kind if kind in offered else offered[0]
            body = self._read(chosen, file, artifact, watched)
            instead = ""
            if isinstance(body, NoView) and kind is None and "text" in offered:
                instead = body.why
                chosen = "text"
                body = self._read(chosen, file, artifact, watched)
            facts = self._facts(run_id, window, artifact)
        others = tuple(each for each in offered if each != chosen)
        return View(facts=facts, kind=chosen, others=others, body=body, instead=instead)

    def rows(
        self, facts: FileFacts, start: int, count: int = PAGE_ROWS, progress: Progress | None = None
    ) -> Body:
        """Returns rows of a table from number ``start``.

        Raises:
            Untrusted: ``E-MISSING`` if its bytes are gone, ``E-HASH`` if they were changed.
            Cancelled: While rows before ``start`` are counted.
        """
        with self._again(facts) as file:
            return self._readers.rows(
                file, facts.size_bytes, facts.path, facts.sha256, max(0, start), count,
                progress or Silent(),
            )  # fmt: skip

    def text_from(self, facts: FileFacts, start: int, first_line: int | None) -> TextView:
        """Returns the lines from byte ``start``, where line ``first_line`` begins if known."""
        with self._again(facts) as file:
            return text.part_from(
                BoundedStream(file), facts.size_bytes, start, path=facts.path, first_line=first_line
            )

    def text_before(self, facts: FileFacts, stop: int, next_line: int | None) -> TextView:
        """Returns the lines before byte ``stop``, where line ``next_line`` begins if known."""
        with self._again(facts) as file:
            return text.part_before(
                BoundedStream(file), facts.size_bytes, stop, path=facts.path, next_line=next_line
            )

    def bytes_at(self, facts: FileFacts, start: int) -> BytesView:
        """Returns some bytes of a file from ``start``."""
        with self._again(facts) as file:
            return bytes_at(file, facts.size_bytes, start)

    def verify(self, facts: FileFacts, progress: Progress | None = None) -> FileVerified:
        """Reads a file through and says that it is what was logged.

        Raises:
            Untrusted: ``E-HASH``, ``E-MISSING`` or ``E-PATH``.
            Cancelled: Between two pieces.
        """
        watched = progress or Silent()
        window, artifact = self._open(facts.run_id, facts.path, facts.sha256)
        with BufferedReader(window) as file:
            lines = self._check(file, window, artifact, watched)
            file.seek(0)
            rows = self._readers.tables.count(file, artifact.size_bytes, artifact.sha256, watched)
            return FileVerified(
                facts=self._facts(facts.run_id, window, artifact), lines=lines, rows=rows
            )

    def save(self, run_id: str, path: str, target: Path, progress: Progress | None = None) -> None:
        """Writes one file to ``target`` after all of it was found right.

        Raises:
            Untrusted: As `look`; nothing is written then.
            SecretsFound: ``E-SECRET``; nothing is written then.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        self._artifacts.save(run_id, path, target, progress)

    # ------------------------------------------------------------------ inside

    def _read(
        self, kind: Kind, file: BinaryIO, artifact: StoredArtifact, progress: Progress
    ) -> Body:
        if kind == "none":
            return NoView(why="The file is empty.")
        file.seek(0)
        return self._readers.read(
            kind, file, artifact.size_bytes, artifact.path, artifact.sha256, progress
        )

    def _open(
        self, run_id: str, path: str, sha256: str = ""
    ) -> tuple[ArtifactWindow, StoredArtifact]:
        key = (run_id, path, sha256)
        with self._lock:
            place = self._places.get(key) if sha256 else None
        if place is not None:
            try:
                return self._window(place), place[1]
            except Untrusted:  # the run's folder was moved since
                pass
        place = self._artifacts.place(run_id, path)
        if sha256 and place[1].sha256 != sha256:
            raise differs(place[1], "it was logged again since it was opened")
        window = self._window(place)
        with self._lock:
            self._places[run_id, path, place[1].sha256] = place
            while len(self._places) > REMEMBERED:
                self._places.popitem(last=False)
        return window, place[1]

    def _window(self, place: tuple[Path, StoredArtifact]) -> ArtifactWindow:
        return open_window(place[0], place[1], blobs=self._artifacts.blobs)

    def _again(self, facts: FileFacts) -> BinaryIO:
        """Opens a file for its next part; one that was right has to be so still."""
        window, artifact = self._open(facts.run_id, facts.path, facts.sha256)
        file = BufferedReader(window)
        if facts.is_verified and not self._is_right(window, artifact):
            try:
                self._check(file, window, artifact, Silent())
                file.seek(0)
            except BaseException:
                file.close()
                raise
        return file

    def _check(
        self,
        file: BinaryIO,
        window: ArtifactWindow,
        artifact: StoredArtifact,
        progress: Progress,
    ) -> int:
        before = window.mark()
        running, lines, last, left = hashlib.sha256(), 0, b"\n", artifact.size_bytes
        file.seek(0)
        while left:
            progress.step(artifact.size_bytes - left, artifact.size_bytes, "Verifying")
            piece = file.read(min(CHUNK_BYTES, left))
            if not piece:
                raise differs(artifact, "it is cut short")
            running.update(piece)
            lines += piece.count(b"\n")
            last = piece[-1:]
            left -= len(piece)
        if running.hexdigest() != artifact.sha256:
            raise differs(artifact, "its digest differs")
        with self._lock:
            self._right[artifact.sha256, before] = None
            while len(self._right) > REMEMBERED:
                self._right.popitem(last=False)
        return lines + (last != b"\n")

    def _is_right(self, window: ArtifactWindow, artifact: StoredArtifact) -> bool:
        with self._lock:
            return (artifact.sha256, window.mark()) in self._right

    def _facts(self, run_id: str, window: ArtifactWindow, artifact: StoredArtifact) -> FileFacts:
        return FileFacts(
            run_id=run_id,
            path=artifact.path,
            size_bytes=artifact.size_bytes,
            sha256=artifact.sha256,
            is_verified=self._is_right(window, artifact),
        )

# SPDX-License-Identifier: Apache-2.0
"""Checking a remote: is all of it there, and does it hold what its names promise?

* Documents and logs are always read; objects are counted and measured, and read only when asked.
* Nothing is changed. What is damaged is named, and the next push writes it again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from strongroom.domain.bundle import parse_manifest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.parts import parts_of
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.arrivals import Desk, list_remote
from strongroom.exchange.local import LocalSide, content_events, manifest_path, object_path
from strongroom.exchange.outcome import Trouble, trouble
from strongroom.exchange.pull import check_team
from strongroom.exchange.remote import Remote
from strongroom.exchange.watched import Watched
from strongroom.store.plainfile import CHUNK_BYTES
from strongroom.store.segments import SegmentFile, gap_free_head, log_folder
from strongroom.trust import envelope

MANY_EVENTS = 100_000  # a team's whole life; one writer with more is told
MANY_BYTES = 100 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCheck:
    """What was looked at on a remote, and what does not hold."""

    remote: str
    checked: dict[str, int]
    findings: tuple[Trouble, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether everything that was looked at holds."""
        return not self.findings

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the object of formats.md F11."""
        return {
            "ok": self.is_ok,
            "remote": self.remote,
            "checked": self.checked,
            "findings": [
                {"code": f.code, "path": f.path, "object": self.remote, "detail": f.detail}
                for f in self.findings
            ],
            "notes": list(self.notes),
        }


def check_remote(
    here: LocalSide,
    remote: Remote,
    *,
    name: str,
    is_reading_data: bool = False,
    progress: Progress | None = None,
) -> RemoteCheck:
    """Checks a remote against its own names and against the events known here.

    Raises:
        Untrusted: ``E-TEAM``.
        EnvironmentFault: ``E-SHARE``.
        Cancelled: Between two pieces.
    """
    check_team(here, remote)
    return _Check(here, remote, name, progress or Silent()).run(is_reading_data=is_reading_data)


class _Check:
    """One walk over a remote."""

    def __init__(self, here: LocalSide, remote: Remote, name: str, progress: Progress) -> None:
        self._here, self._remote, self._name = here, remote, name
        self._progress = progress
        self._findings: list[Trouble] = []
        self._notes: list[str] = []
        self._checked = {"trust": 0, "segments": 0, "manifests": 0, "objects": 0}

    def run(self, *, is_reading_data: bool) -> RemoteCheck:
        """Looks at everything in the order in which it depends on each other."""
        self._documents()
        self._content(is_reading_data=is_reading_data)
        notes = [*self._notes]
        if not is_reading_data:
            notes.append("Objects were measured, not read: use --read-data")
        return RemoteCheck(
            remote=self._name,
            checked=self._checked,
            findings=tuple(dict.fromkeys(self._findings)),
            notes=tuple(notes),
        )

    def _documents(self) -> None:
        desk = Desk(
            here=self._here, remote=self._remote, origin=self._name,
            is_dry=True, progress=self._progress,
        )  # fmt: skip
        listing = list_remote(desk)
        self._findings += desk.rejected
        for trust in listing.trust:
            self._try("trust", trust.path, partial(self._remote.read_trust, trust))
        for writer, files in listing.logs.items():
            refused = {
                file.name
                for file in files
                if not self._try("segments", file.path, partial(self._remote.read_segment, file))
            }
            self._note_size(writer, files)
            head = gap_free_head(files, refused)
            last = max((file.last for file in files if file.name not in refused), default=0)
            if head < last:
                detail = f"Event {head + 1} of this log is missing; later ones wait for it"
                self._findings.append(Trouble(code="E-GAP", path=log_folder(writer), detail=detail))

    def _note_size(self, writer: str, files: Sequence[SegmentFile]) -> None:
        """Notes a log that has grown beyond what people write: a key may be used by a program."""
        events = max((file.last for file in files if file.is_plausible), default=0)
        size = sum(file.size for file in files)
        if events > MANY_EVENTS or size > MANY_BYTES:
            latest = self._here.ledger.snapshot.trust.latest
            name = latest.name_of(writer) if latest else writer[:8]
            self._notes.append(
                f"The log of {name} has {events:,} events in {size:,} bytes;"
                " an admin can end it: strongroom people revoke"
            )

    def _content(self, *, is_reading_data: bool) -> None:
        sizes: dict[str, int] = {}
        for event in content_events(self._here.ledger.refresh()):
            digest = str(event.body["manifest"])
            self._progress.step(self._checked["manifests"], 0, "Checking manifests")

            def read(digest: str = digest) -> None:
                raw = self._remote.read_manifest(digest)
                parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
                for file in parse_manifest(parsed.document).files:
                    sizes.update((part.sha256, part.size_bytes) for part in parts_of(file))

            self._try("manifests", manifest_path(digest), read)
        done, total = 0, sum(sizes.values())
        for digest, size in sorted(sizes.items()):
            self._object(digest, size, done, total, is_reading_data=is_reading_data)
            done += size

    def _object(
        self, digest: str, size: int, done: int, total: int, *, is_reading_data: bool
    ) -> None:
        what = "Reading objects" if is_reading_data else "Checking objects"
        self._progress.step(done, total, what)

        def read() -> None:
            found = self._remote.object_size(digest)
            if found != size:
                raise Untrusted("E-SIZE", f"It has {found:,} bytes instead of {size:,}", "")
            if is_reading_data:
                with self._remote.open_object(digest) as source:
                    watched = Watched(source, self._progress, done, total, what)
                    while watched.read(CHUNK_BYTES):
                        pass

        self._try("objects", object_path(digest), read)

    def _try(self, kind: str, path: str, read: Callable[[], object]) -> bool:
        self._checked[kind] += 1
        try:
            read()
        except Untrusted as error:
            self._findings.append(trouble(error, path))
            return False
        return True

# SPDX-License-Identifier: Apache-2.0
"""The files behind manifests: which are missing, which the remote offers, and copying them.

* Every byte is hashed on its way; a file in parts is put together part by part, and goes on after
  the last whole part when it was interrupted.
* What was not chosen is counted and left where it is.
* What is refused is named by the version or run it belongs to.
"""

import functools
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.domain.parts import Part, parts_of
from strongroom.exchange.arrivals import Desk
from strongroom.exchange.bundles import Bundle
from strongroom.exchange.local import Holdings, object_path, thing_name
from strongroom.exchange.outcome import Counts
from strongroom.exchange.reception import reception
from strongroom.exchange.scanner import TELL
from strongroom.exchange.watched import Watched
from strongroom.store.plainfile import CHUNK_BYTES, wrong_hash
from strongroom.store.publish import Source, check_free_space
from strongroom.store.publish_parts import PartOpener

MAX_SUSPECT_BYTES = 64 << 20  # read again at a look: half a second on a share; the rest is believed


class ObjectFetch:
    """Brings the files that bundles lack.

    Args:
        desk: Where arrivals are sorted.
        bundles: Those the remote shows first.
    """

    def __init__(self, desk: Desk, bundles: Sequence[Bundle]) -> None:
        self._desk = desk
        self._here = desk.here
        self._bundles = bundles
        self._holdings = Holdings(desk.here)
        self._suspect_bytes = 0
        self._reception = reception(desk.here, desk.remote.location)
        self._reading = ""
        """The object that was read last; what is refused is refused for it."""
        self.arrived: set[str] = set()
        self.refused: dict[str, tuple[str, str]] = {}
        """Code and reason by digest."""
        self.titles: dict[str, str] = {}
        """What a person calls the files that were refused, by their paths on the remote."""
        self.counts = Counts()
        self.left_out = Counts()

    def run(self) -> None:
        """Copies what is missing, chosen and offered.

        Raises:
            EnvironmentFault: ``E-SHARE``; ``E-FULL`` before anything is copied, or while it is.
            Cancelled: Between two pieces; what was copied stays.
        """
        try:
            self._run(list(self._missing()))
        finally:
            self._reception.close()

    def _run(self, missing: Sequence[tuple[ArtifactFile, Bundle]]) -> None:
        total = sum(file.size_bytes for file, _ in missing)
        self._check_room(total)
        done = 0
        for file, bundle in missing:
            name = thing_name(bundle.event)
            try:
                if not self._desk.is_dry:
                    self._copy(file, done, total, f"Copying {name}")
                elif self._desk.is_reading or self._is_suspect(file):
                    self._read_through(file, done, total, f"Reading {name}")
            except Untrusted as error:
                self._refuse(file, error, _why(error))
            else:
                self._note_arrived(file)
            done += file.size_bytes
        if not self._desk.is_dry:
            self._scan()

    def _check_room(self, size_bytes: int) -> None:
        """Refuses what does not fit before anything is copied; a dry run only says so."""
        root = self._here.folder.root
        try:
            check_free_space(root, size_bytes)
        except EnvironmentFault as error:
            if not self._desk.is_dry:
                raise
            self._desk.wait(error.code, str(root), error.title, size_bytes)

    # ---------------------------------------------------------------- what is missing

    def _missing(self) -> Iterator[tuple[ArtifactFile, Bundle]]:
        """Yields each file that some bundle lacks, once, with the first bundle that needs it.

        What lies in the folder of one run is not at hand for another version: that one needs a
        copy of its own.
        """
        asked: set[str] = set()
        same: dict[str, int] = {}
        left: dict[str, int] = {}
        for bundle in self._bundles:
            if bundle.manifest is None:
                continue
            for file in bundle.manifest.files:
                if self._holdings.has(file.sha256, bundle.manifest.run):
                    if bundle.is_offered:
                        same[file.sha256] = file.size_bytes
                    continue
                bundle.lacks.add(file.sha256)
                if not bundle.is_wanted:
                    left[file.sha256] = file.size_bytes
                elif file.sha256 not in asked:
                    asked.add(file.sha256)
                    if self._is_offered(file, bundle):
                        yield file, bundle
        for digest in asked:
            same.pop(digest, None)
            left.pop(digest, None)
        self._desk.note_same(len(same), sum(same.values()))
        self.left_out = Counts(objects=len(left), bytes=sum(left.values()))

    def _is_offered(self, file: ArtifactFile, bundle: Bundle) -> bool:
        remote = self._desk.remote
        for part in parts_of(file):
            if not remote.has_object(part.sha256):
                if bundle.is_offered:
                    detail = f"{file.path} of {thing_name(bundle.event)} has not arrived"
                    self._desk.wait("E-MISSING", object_path(part.sha256), detail, file.size_bytes)
                return False
            size = remote.object_size(part.sha256)
            if size != part.size_bytes:
                advice = "Push again from a workstation that has the original."
                why = f"has {size:,} bytes instead of {part.size_bytes:,}"
                self._reading = part.sha256
                self._refuse(file, Untrusted("E-SIZE", why, advice), why)
                return False
        return True

    # ---------------------------------------------------------------- bringing it

    def _copy(self, file: ArtifactFile, done: int, total: int, what: str) -> None:
        self._desk.progress.step(done, total, what)
        self._reception.put(file, self._opener(done, total, what))

    def _scan(self) -> None:
        """Lets the site's scanner look at what arrived, before anything of it is used.

        Raises:
            EnvironmentFault: ``E-SCAN`` if the scanner did not say that all is well or not.
            Cancelled: What was copied waits for the next time.
        """
        for digest, said in self._reception.settle(self._desk.progress).items():
            bundle, path = self._owners[digest]
            self.arrived.discard(digest)
            listed = bundle.manifest.files if bundle.manifest else ()
            file = next(each for each in listed if (each.sha256, each.path) == (digest, path))
            self.counts += Counts(objects=-len(parts_of(file)), bytes=-file.size_bytes)
            why = f"was found bad by the scanner of this site ({said})"
            self._reading = digest
            self._refuse(file, Untrusted("E-SCAN", why, TELL), why, kept=said.encode())

    def _read_through(self, file: ArtifactFile, done: int, total: int, what: str) -> None:
        """Hashes a file's objects where they lie.

        Raises:
            Untrusted: ``E-HASH``, ``E-PATH``, ``E-MISSING``.
            Cancelled: Between two pieces.
        """
        open_part = self._opener(done, total, what)
        whole = hashlib.sha256()
        for part in parts_of(file):
            with open_part(part) as source:
                while piece := source.read(CHUNK_BYTES):
                    whole.update(piece)
        if file.parts and whole.hexdigest() != file.sha256:
            raise wrong_hash(file.path)

    def _opener(self, done: int, total: int, what: str) -> PartOpener:
        """Returns what opens the parts of a file on the remote, watched while they are read."""

        @contextmanager
        def open_part(part: Part) -> Iterator[Source]:
            self._reading = part.sha256
            with self._desk.remote.open_object(part.sha256) as source:
                yield Watched(source, self._desk.progress, done + part.offset, total, what)

        return open_part

    def _note_arrived(self, file: ArtifactFile) -> None:
        self.arrived.add(file.sha256)
        for part in parts_of(file):
            self._desk.note_sound(object_path(part.sha256))
        self.counts += Counts(objects=len(parts_of(file)), bytes=file.size_bytes)

    def _is_suspect(self, file: ArtifactFile) -> bool:
        """Whether it was damaged when it was last read, and is to be read again.

        Raises:
            Untrusted: ``E-HASH`` if there are too many to read: then the last reading counts.
        """
        doubtful = [
            part.sha256
            for part in parts_of(file)
            if object_path(part.sha256) in self._desk.suspects
        ]
        if not doubtful:
            return False
        self._suspect_bytes += file.size_bytes
        if self._suspect_bytes > MAX_SUSPECT_BYTES:
            self._reading = doubtful[0]
            raise wrong_hash(object_path(doubtful[0]))
        return True

    # ---------------------------------------------------------------- what was refused

    def _refuse(
        self, file: ArtifactFile, error: Untrusted, why: str, kept: bytes | None = None
    ) -> None:
        self.refused[file.sha256] = (error.code, why)
        place = object_path(self._reading)
        bundle, path = self._owners[file.sha256]
        title = f"{thing_name(bundle.event)}: {path}"
        self.titles[place] = title
        named = Untrusted(error.code, f"{title} {why}", error.advice)
        self._desk.refuse(named, place, kept, size_bytes=file.size_bytes)

    @functools.cached_property
    def _owners(self) -> dict[str, tuple[Bundle, str]]:
        """A bundle that lists each file, and its path there; a version before a run.

        Made at the first refusal: a share may hold nothing but damage.
        """
        found: dict[str, tuple[Bundle, str]] = {}
        ranked = sorted(self._bundles, key=lambda bundle: (not bundle.is_offered, bundle.is_run))
        for bundle in ranked:
            for file in bundle.manifest.files if bundle.manifest else ():
                found.setdefault(file.sha256, (bundle, file.path))
        return found


def _why(error: Untrusted) -> str:
    """Returns what is wrong with a file, as it follows the file's name."""
    if error.code == "E-HASH":
        return "has another digest than its manifest"
    return f"cannot be used: {error.title}"

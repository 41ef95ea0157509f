# SPDX-License-Identifier: Apache-2.0
"""What a person takes out of this store, looked through for secrets first: the one place to ask.

* Runs, files and versions copied to a folder, and tables saved as files, are held to the rule of a
  push (ADR 24 and 29): a suspicion that nobody let through on record stops all of it.
* A run that nobody has signed is looked through as well, with what was added after it ended.
* Without a team there is no record, so nothing that is suspicious leaves by us.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from strongroom.disk.hashing import hash_file
from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.ids import is_run_id
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.secret import OverrideKey, SecretFinding, grouped, hits_in_value
from strongroom.exchange.leaving import (
    LeavingFile,
    findings,
    in_content,
    let_through,
    marked,
    stop_at_secrets,
)
from strongroom.journal.content import StoredArtifact
from strongroom.journal.files import journals_in
from strongroom.journal.layout import RUN_FILE
from strongroom.services.runs import Runs
from strongroom.services.workstation import Workstation
from strongroom.store.artifacts import verified_pieces
from strongroom.store.liveness import Observer
from strongroom.store.plainfile import CHUNK_BYTES, is_plain, open_plain
from strongroom.store.run_state import (
    MAX_SEALED_BYTES,
    SEALED_FILE,
    RunState,
    read_state,
    tag_records,
)
from strongroom.store.secret_scan import HasPieces, facts_hits

Allowed = Callable[[], Mapping[OverrideKey, str] | None]
"""Answers what was let through and by whom, None if there is no team."""


def on_record(at: Workstation) -> Allowed:
    """Returns what answers from the log of a workstation."""
    return lambda: let_through(at.snapshot()) if at.has_team() else None


def _nobody() -> None:
    return None


class Outgoing:
    """The check of everything that is taken out by hand.

    Args:
        runs: The runs of the store.
        allowed: What was let through; nothing, for a store without a team.
    """

    def __init__(self, runs: Runs, allowed: Allowed = _nobody) -> None:
        self._runs, self._allowed = runs, allowed

    def check_runs(
        self, references: Sequence[str], where: str, progress: Progress | None = None
    ) -> None:
        """Refuses to copy whole run folders that hold a secret.

        Args:
            references: The runs.
            where: Where they would go.
            progress: Hears the files; may cancel between two.

        Raises:
            BadInput: ``E-RUN``.
            SecretsFound: ``E-SECRET``.
            Cancelled: Between two files.
        """
        self._stop(self.in_runs(references, progress), where)

    def check_artifacts(
        self,
        folder: Path,
        artifacts: Sequence[StoredArtifact],
        where: str,
        progress: Progress | None = None,
    ) -> None:
        """Refuses to copy artifacts of a run that hold a secret; raises as `check_runs`."""
        files = [_leaving(f"run {folder.name[:8]}", each) for each in artifacts]
        content = _Files(folder, artifacts, self._runs.folder.blobs)
        self._stop(self._in_files(files, content, progress), where)

    def check_content(
        self,
        files: Sequence[LeavingFile],
        content: HasPieces,
        where: str,
        progress: Progress | None = None,
    ) -> None:
        """Refuses to hand out files that hold a secret; raises as `check_runs`."""
        self._stop(self._in_files(files, content, progress), where)

    def check_table(self, rows: Sequence[Sequence[str]], where: str) -> None:
        """Refuses to save a table in which a secret stands.

        What was let through in the runs it tells of may stand in it too; which runs these are is
        found by their ids in it.

        Args:
            rows: A heading and rows of cells, as they would be written.
            where: The file.

        Raises:
            SecretsFound: ``E-SECRET``.
        """
        found = list(_in_table(rows, where))
        if not found:
            return
        ids = {cell for row in rows for cell in row if is_run_id(cell)}
        told = list(self.in_runs(sorted(ids), has_artifacts=False)) if ids else []
        self._stop(told or found, where)

    def in_runs(
        self,
        references: Iterable[str],
        progress: Progress | None = None,
        *,
        has_artifacts: bool = True,
    ) -> Iterator[SecretFinding]:
        """Yields what seems to be a secret in run folders, let through or not.

        Args:
            references: The runs.
            progress: Hears the files; may cancel between two.
            has_artifacts: Look into what they keep too, not only at what is told of them.
        """
        for reference in references:
            folder = self._runs.run_folder(reference)
            state = read_state(folder, Observer(now_us=0, boot_id=""))
            owner = f"run {state.name} of {state.experiment}"
            artifacts = state.artifacts if has_artifacts else ()
            content = _Files(folder, artifacts, self._runs.folder.blobs)
            files = [
                LeavingFile(owner=owner, path=path.name, sha256=sha256)
                for sha256, path in content.documents.items()
            ]
            files += [_leaving(owner, each) for each in artifacts]
            yield from self._in_files(files, content, progress)
            yield from _in_later(folder, state, owner, content)

    # ---------------------------------------------------------------- inside

    def _in_files(
        self, files: Sequence[LeavingFile], content: HasPieces, progress: Progress | None
    ) -> Iterator[SecretFinding]:
        cache = self._runs.folder.cache
        return in_content(content, cache, files, len(files), progress or Silent())

    def _stop(self, found: Iterable[SecretFinding], where: str) -> None:
        listed = list(found)
        if not listed:
            return
        allowed = self._allowed()
        stop_at_secrets(marked(listed, allowed or {}), where, has_record=allowed is not None)


class _Files:
    """The bytes of one run folder by digest: its two documents and its artifacts."""

    def __init__(self, folder: Path, artifacts: Iterable[StoredArtifact], blobs: Path) -> None:
        self._folder, self._blobs = folder, blobs
        self._artifacts = {each.sha256: each for each in artifacts}
        paths = [folder / name for name in (RUN_FILE, SEALED_FILE)]
        self.documents = {hash_file(path)[0]: path for path in paths if is_plain(path)}

    def pieces(self, sha256: str, *, run: str = "") -> Iterator[bytes]:  # noqa: ARG002 - this one
        """Yields the bytes of a digest, the last ones of an artifact only after it held."""
        if sha256 not in self.documents:
            yield from verified_pieces(self._folder, self._artifacts[sha256], blobs=self._blobs)
            return
        with open_plain(self.documents[sha256]) as file:
            yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def _leaving(owner: str, artifact: StoredArtifact) -> LeavingFile:
    path = f"artifacts/{artifact.path}"  # as a manifest calls it
    return LeavingFile(owner=owner, path=path, sha256=artifact.sha256)


def _in_later(
    folder: Path, state: RunState, owner: str, content: _Files
) -> Iterator[SecretFinding]:
    """Yields secrets in params, tags and notes that stand in journals only, also removed tags."""
    told: dict[str, dict[str, JsonValue]] = {"params": {}, "tags": {}}
    notes: set[str] = set()
    for path in content.documents.values():
        document = decode_loose(path.read_bytes(), max_bytes=MAX_SEALED_BYTES)
        for key in told:
            told[key] |= document.get(key) or {}
        notes |= {str(note) for note in document.get("notes") or ()}
    now = {"params": state.params, "tags": {**state.tags}}
    later: dict[str, JsonValue] = {
        key: {k: v for k, v in values.items() if told[key].get(k) != v}
        for key, values in now.items()
    }
    journals = [path.name for path in journals_in(folder)]
    said = tag_records(folder, journals)
    former = sorted({(key, tag) for key, tag in said if tag and state.tags.get(key) != tag})
    later["notes"] = [note for note in state.notes if note not in notes]
    later["former tags"] = [{key: value} for key, value in former]
    if hits := facts_hits(later):
        yield from findings(hits, _digest_of_journals(folder), owner=owner, path="journal")


def _digest_of_journals(folder: Path) -> str:
    """Returns what an override names of them: no digest of the few texts alone, see ADR 24."""
    told = [hash_file(path)[0] for path in journals_in(folder)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _in_table(rows: Sequence[Sequence[str]], where: str) -> Iterator[SecretFinding]:
    """Yields secrets in cells, whose names stand above them or at the beginning of their row."""
    heading = rows[0] if rows else ()
    table = hashlib.sha256(f"table {where}".encode()).hexdigest()  # nothing an override could name
    for row in rows[1:]:
        field = row[1] if len(row) > 1 else ""
        for title, cell in zip(heading, row, strict=False):
            hits = [hit for name in (title, field) for hit in hits_in_value(name, cell, title)]
            yield from findings(grouped(hits), table, owner="table", path=Path(where).name)

# SPDX-License-Identifier: Apache-2.0
"""A run that arrived from somebody else takes its place among our own.

* Its folder appears whole or not at all, and only if everything its signed manifest lists is here.
* What the event, the manifest, ``sealed.json`` and ``run.json`` say must be one story.
* A run folder that is here is never overwritten: other content under the same id is a conflict.
* Artifacts stay where they were put, as blobs; the folder holds the run's own three files, and a
  copy of it that leaves the store is made complete again.
"""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import RUN, Manifest
from strongroom.domain.canonical import JsonValue, decode
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.domain.ids import RandomBytes, is_run_id
from strongroom.domain.newer_format import newer
from strongroom.journal.layout import OBJECT_FOLDER, PACK_MAGIC, RUN_FILE, RUN_FORMAT
from strongroom.store.blobs import Blobs
from strongroom.store.faults import explained
from strongroom.store.materialise import materialise
from strongroom.store.run_state import (
    MAX_SEALED_BYTES,
    METRICS_FILE,
    SEALED_FILE,
    SEALED_FORMAT,
    read_sealed,
)
from strongroom.store.sealing import sealed_digest
from strongroom.store.store_folder import StoreFolder

ARTIFACTS = "artifacts/"
PACK_NAME = re.compile(r"w-[0-9a-f]{8}(-[0-9]{1,4})?\.pack")
OWN_FILES = (RUN_FILE, SEALED_FILE, METRICS_FILE)
MAX_HEADER_BYTES = 1 << 20  # as the SDK's limit for run.json
_LAST_US = 253_402_300_799 * MICROSECONDS  # the end of the year 9999: months have four digits


def is_placed(store: StoreFolder, run_id: str, sealed: str) -> bool:
    """Whether the run is here with exactly that sealed content.

    Raises:
        Refused: ``E-CONFLICT`` if it is here with other content; that stays as it is.
    """
    folder = store.find_run(run_id)
    if folder is None:
        return False
    try:
        here = sealed_digest(folder)
    except Untrusted as error:
        raise _conflict(run_id, f"it is damaged here ({error.code})") from error
    if here != sealed:
        raise _conflict(run_id, "it has other content here" if here else "it is still open here")
    return True


def place_run(
    store: StoreFolder,
    manifest: Manifest,
    sealed: str,
    blobs: Blobs,
    *,
    random_bytes: RandomBytes,
) -> bool:
    """Makes the folder of an arrived run; False if it was here already.

    Args:
        store: This store.
        manifest: The checked manifest of the run; all its files are in ``blobs``.
        sealed: The digest of ``sealed.json`` that the signed ``run.finish`` names.
        blobs: Where the content was put.
        random_bytes: Names the temporary folder.

    Raises:
        Refused: ``E-CONFLICT`` as `is_placed`.
        Untrusted: ``E-BIND`` if the parts do not belong together; ``E-FORMAT``, ``E-CANON``,
            ``E-HASH``, ``E-MISSING`` if one cannot be used. No folder appears.
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    if is_placed(store, manifest.run, sealed):
        return False
    month, own = check_story(manifest, sealed, blobs)
    target = store.run(month, manifest.run)
    with explained(store.root):
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        materialise(target, own, lambda file: blobs.open(file.sha256), random_bytes=random_bytes)
    except BadInput:
        # Another program was faster, or planted something: what is there decides.
        if is_placed(store, manifest.run, sealed):
            return False
        raise
    return True


def check_story(
    manifest: Manifest, sealed: str, blobs: Blobs
) -> tuple[str, tuple[ArtifactFile, ...]]:
    """Returns the month a run belongs to and the files of its folder, if all parts agree.

    Raises:
        Untrusted: ``E-BIND``, ``E-FORMAT``, ``E-CANON``, ``E-HASH``, ``E-MISSING``.
    """
    files = {file.path: file for file in manifest.files}
    run_file, sealed_file = files.get(RUN_FILE), files.get(SEALED_FILE)
    own = tuple(files[name] for name in OWN_FILES if name in files)
    has_others = any(path not in OWN_FILES and not path.startswith(ARTIFACTS) for path in files)
    if manifest.kind != RUN or not is_run_id(manifest.run) or run_file is None:
        raise _bind(manifest, "its manifest is not that of a run")
    if sealed_file is None or sealed_file.sha256 != sealed or has_others:
        raise _bind(manifest, "its manifest does not list what was sealed")
    document = _read(blobs, sealed_file, MAX_SEALED_BYTES)
    header = _read(blobs, run_file, MAX_HEADER_BYTES)
    try:
        return _story_of(manifest, document, header, own)
    except Untrusted:
        for name, found, known in (
            (RUN_FILE, header, RUN_FORMAT), (SEALED_FILE, document, SEALED_FORMAT),
        ):  # fmt: skip
            number = found.get("format") if isinstance(found, dict) else None
            if type(number) is int and number > known:
                raise newer(f"{name} of the run {manifest.run[:32]}", number) from None
        raise


def _story_of(
    manifest: Manifest,
    document: Any,  # noqa: ANN401 - any JSON
    header: Any,  # noqa: ANN401 - any JSON
    own: tuple[ArtifactFile, ...],
) -> tuple[str, tuple[ArtifactFile, ...]]:
    """Returns month and files of a run if what its documents say is one story."""
    run_file = next(file for file in own if file.path == RUN_FILE)
    try:
        story = (document["run_id"], document["run"], header["run_id"])
        told = {
            (f"{ARTIFACTS}{item['path']}", item["size"], item["sha256"])
            for item in document["artifacts"]
        }
        metrics = {i["sha256"] for i in document["files"] if i["path"] == METRICS_FILE}
        started = header["started"]
    except (KeyError, TypeError) as error:
        raise _bind(manifest, f"its sealed document lacks {error}") from error
    if story != (manifest.run, run_file.sha256, manifest.run):
        raise _bind(manifest, "its sealed document is that of another run")
    listed = {
        (file.path, file.size_bytes, file.sha256)
        for file in manifest.files
        if file.path not in OWN_FILES
    }
    if told != listed or metrics != {f.sha256 for f in own if f.path == METRICS_FILE}:
        raise _bind(manifest, "its manifest lists other files than were sealed")
    if type(started) is not int or not 0 <= started <= _LAST_US:
        raise _bind(manifest, "it does not say when it started")
    month = datetime.fromtimestamp(started // MICROSECONDS, tz=UTC).strftime("%Y-%m")
    return month, own


def complete_copy(folder: Path, blobs: Blobs) -> None:
    """Puts into a copy of a pulled run's folder the containers that its store kept as blobs.

    What is made so is what was sealed, or `seal_check.verify_sealed` names it.

    Raises:
        Untrusted: ``E-MISSING`` or ``E-HASH`` for a blob; ``E-FORMAT``, ``E-CANON`` for
            ``sealed.json``.
        OSError: If the copy cannot be written.
    """
    found = read_sealed(folder)
    inside: dict[str, list[tuple[int, str]]] = {}
    for item in found[0]["artifacts"] if found else ():
        container, _, offset = str(item["at"]).partition(":")
        inside.setdefault(container, []).append((int(offset or 0), str(item["sha256"])))
    for container, pieces in inside.items():
        is_object = container == f"{OBJECT_FOLDER}/{pieces[0][1]}"
        if (folder / container).exists() or not (is_object or PACK_NAME.fullmatch(container)):
            continue
        (folder / container).parent.mkdir(exist_ok=True)
        with (folder / container).open("xb") as copy:
            if not is_object:
                copy.write(PACK_MAGIC)
            for start, sha256 in sorted(pieces):
                if start > copy.tell():
                    break  # bytes that no artifact lists: it cannot be made again
                copy.seek(start)
                with blobs.open(sha256) as source:
                    shutil.copyfileobj(source, copy, 1 << 20)


def _read(blobs: Blobs, file: ArtifactFile, max_bytes: int) -> Any:  # noqa: ANN401 - any JSON
    if file.size_bytes > max_bytes:
        raise Untrusted(
            "E-SIZE",
            f"{file.path} of a run has {file.size_bytes:,} bytes",
            "No run of ours has; it was not read.",
        )
    with blobs.open(file.sha256) as stream:
        data = stream.read(max_bytes + 1)
    found: JsonValue = decode(data, max_bytes=max_bytes)
    return found


def _bind(manifest: Manifest, why: str) -> Untrusted:
    return Untrusted(
        "E-BIND",
        f"The run {manifest.run[:32]} does not fit together: {why}",
        "It was not taken in. Ask its writer to push it again.",
    )


def _conflict(run_id: str, why: str) -> Refused:
    return Refused(
        "E-CONFLICT",
        f"The run {run_id} arrived, and {why}",
        "Nothing was overwritten. Compare both workstations' copies and keep the right one.",
    )

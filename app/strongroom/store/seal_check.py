# SPDX-License-Identifier: Apache-2.0
"""Holds the files of a sealed run against ``sealed.json``, byte for byte.

* What ``sealed.json`` lists is evidence only as long as it is what was sealed itself.
* Names it lists are checked before they are opened: it may have been written by somebody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.disk.hashing import hash_file
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.journal.layout import OBJECT_FOLDER, PACK_SUFFIX, RUN_FILE
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE, read_sealed
from strongroom.store.sealed_document import is_object


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFinding:
    """A file of a sealed run that is not what it was: code, path in the folder, one sentence."""

    code: str
    path: str
    detail: str


def verify_sealed(
    folder: Path, remembered: str = "", *, blobs: Path | None = None
) -> tuple[SealFinding, ...]:
    """Re-hashes every file of a sealed run.

    Args:
        folder: The run folder.
        remembered: The digest of ``sealed.json`` that a catalog or a signed event knows.
        blobs: Where the artifacts of a pulled run lie: a container that is not in its folder is
            not missed if each artifact in it is there (`verify_artifacts` checks their bytes).
    """
    try:
        found = read_sealed(folder)
    except Untrusted as error:
        return (SealFinding(code=error.code, path=SEALED_FILE, detail=error.title),)
    if found is None:
        if remembered:
            return (SealFinding(code="E-MISSING", path=SEALED_FILE, detail="it is gone"),)
        return ()
    document, digest = found
    results: list[SealFinding] = []
    if remembered and digest != remembered:
        detail = f"its digest is {digest[:16]}… where {remembered[:16]}… was sealed"
        # What it lists is no longer evidence of anything.
        return (SealFinding(code="E-HASH", path=SEALED_FILE, detail=detail),)
    try:
        listed = [(item["path"], item["size"], item["sha256"]) for item in document["files"]]
        listed.append((RUN_FILE, -1, document["run"]))
        elsewhere = _held_elsewhere(folder, document, blobs)
        for path, size, sha256 in listed:
            if path not in elsewhere:
                results.extend(_check_file(folder, str(path), int(size), str(sha256)))
    except (KeyError, TypeError, ValueError):
        detail = "its list of files cannot be read"
        results.append(SealFinding(code="E-FORMAT", path=SEALED_FILE, detail=detail))
    return tuple(results)


def _check_file(folder: Path, path: str, size: int, sha256: str) -> Iterator[SealFinding]:
    is_ours = path in {RUN_FILE, METRICS_FILE} or path.endswith(PACK_SUFFIX)
    is_kept = path.startswith(f"{OBJECT_FOLDER}/") and is_object(path[len(OBJECT_FOLDER) + 1 :])
    if not is_kept and (not is_ours or "/" in path or "\\" in path):
        detail = f"it lists {path[:80]}, which no run folder holds"
        yield SealFinding(code="E-PATH", path=SEALED_FILE, detail=detail)
        return
    try:
        found, found_size = hash_file(folder / path)
    except OSError:
        yield SealFinding(code="E-MISSING", path=path, detail="it is listed and not there")
        return
    if found != sha256 or (size >= 0 and found_size != size):
        detail = f"its digest is {found[:16]}… where {sha256[:16]}… was sealed"
        yield SealFinding(code="E-HASH", path=path, detail=detail)


def _held_elsewhere(folder: Path, document: dict[str, Any], blobs: Path | None) -> set[str]:
    """Returns containers that a pulled run's folder lacks and whose artifacts are all in blobs."""
    if blobs is None:
        return set()
    inside: dict[str, list[str]] = {}
    for item in document["artifacts"]:
        inside.setdefault(str(item["at"]).partition(":")[0], []).append(str(item["sha256"]))
    return {
        container
        for container, digests in inside.items()
        if container.startswith(("w-", f"{OBJECT_FOLDER}/"))
        and not (folder / container).exists()
        and all(is_digest(each) and (blobs / each[:2] / each).is_file() for each in digests)
    }

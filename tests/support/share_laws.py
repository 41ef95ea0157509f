# SPDX-License-Identifier: Apache-2.0
"""What any reader of a share may rely on at any moment, read from the format pages alone.

* A name of ours shows the bytes it promises, whole.
* An event that names content does not come before that content.
"""

import base64
import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any


def breaches(share: Path, *, owed: Collection[str] = ()) -> list[str]:
    """Returns what a share shows that it must not.

    Args:
        share: The folder with ``strongroom.json``.
        owed: Digests of content that nobody who pushed has; events may name it.
    """
    files = dict(_files(share))
    wrong = [f"{path} does not hold what its name promises" for path in _false(files)]
    for path, data in files.items():
        if path.startswith("log/") and path not in wrong:
            for line in data.splitlines():
                wrong += [f"{path}: {gap}" for gap in _ahead(files, line, owed)]
    return wrong


def unfinished(share: Path) -> list[str]:
    """Returns the hidden files of a share: what writers left half done or moved aside."""
    return sorted(
        path.relative_to(share).as_posix() for path in share.rglob(".*") if path.is_file()
    )


def _files(share: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(share.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(share).as_posix(), path.read_bytes()


def _false(files: dict[str, bytes]) -> Iterator[str]:
    for path, data in files.items():
        kind, _, rest = path.partition("/")
        name, digest = rest.rpartition("/")[2], hashlib.sha256(data).hexdigest()
        promised = {
            "obj": name == digest,
            "man": name == f"{digest}.json",
            "trust": name.split(".")[1:2] == [digest[:16]],
            "log": name.split(".")[1:2] == [digest[:16]],
        }
        if not promised.get(kind, True):
            yield path


def _ahead(files: dict[str, bytes], line: bytes, owed: Collection[str]) -> Iterator[str]:
    """Yields what an event names and the share lacks."""
    event = _payload(line)["predicate"]
    manifest = event["body"].get("manifest", "")
    if not manifest or event["type"] not in {"run.finish", "version.register"}:
        return
    held = files.get(f"man/{manifest[:2]}/{manifest}.json")
    if held is None:
        if manifest not in owed:
            yield f"event {event['seq']} came before its manifest {manifest[:8]}"
        return
    for file in _payload(held)["predicate"]["files"]:
        for digest in file["parts"] or [file["sha256"]]:
            if f"obj/{digest[:2]}/{digest}" not in files and digest not in owed:
                yield f"event {event['seq']} came before {file['path']} ({digest[:8]})"


def _payload(line: bytes) -> Any:
    return json.loads(base64.b64decode(json.loads(line)["payload"]))

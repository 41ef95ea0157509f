# SPDX-License-Identifier: Apache-2.0
"""What any reader of a share may rely on at any moment, read from the format pages alone.

* A name of ours shows the bytes it promises, whole.
* An event that names content does not come before that content.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def false_names(share: Path) -> list[str]:
    """Returns the files of a share whose bytes are not those their names promise."""
    return list(_false(dict(_files(share))))


def gaps(share: Path) -> dict[str, str]:
    """Returns the digests of manifests and objects that events name and the share lacks.

    Who relays an event without having its content leaves such a gap; who has it must not.
    """
    files = dict(_files(share))
    found: dict[str, str] = {}
    for path, data in files.items():
        if path.startswith("log/"):
            for line in data.splitlines():
                found |= dict(_ahead(files, line))
    return found


def breaches(share: Path) -> list[str]:
    """Returns what a share shows that it must not, if whoever pushed had everything."""
    return false_names(share) or list(gaps(share).values())


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


def _ahead(files: dict[str, bytes], line: bytes) -> Iterator[tuple[str, str]]:
    """Yields what an event names and the share lacks."""
    event = _payload(line)["predicate"]
    manifest = event["body"].get("manifest", "")
    if not manifest or event["type"] not in {"run.finish", "version.register"}:
        return
    held = files.get(f"man/{manifest[:2]}/{manifest}.json")
    if held is None:
        yield manifest, f"event {event['seq']} came before its manifest {manifest[:8]}"
        return
    for file in _payload(held)["predicate"]["files"]:
        for digest in file["parts"] or [file["sha256"]]:
            if f"obj/{digest[:2]}/{digest}" not in files:
                yield digest, f"event {event['seq']} came before {file['path']} ({digest[:8]})"


def _payload(line: bytes) -> Any:
    return json.loads(base64.b64decode(json.loads(line)["payload"]))

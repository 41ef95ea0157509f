# SPDX-License-Identifier: Apache-2.0
"""Bundle manifests: what files a version or a run consists of, by digest (formats.md F9).

* The subject is the tree digest, computed from the listed files and checked again on reading.
* A file that is too large for one object names its parts beside its own digest.
* Every path obeys `artifact.check_paths`, whoever signed the manifest.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.newer_format import refuse_newer
from strongroom.domain.parts import parts_of
from strongroom.domain.team import STATEMENT_TYPE

PREDICATE_TYPE = "urn:strongroom:bundle:v1"
MODEL_VERSION = "model-version"
RUN = "run"
SCANNER = {"name": "strongroom-opcodes", "version": "1"}
_KEYS = {
    "team", "kind", "files", "total_size", "count", "run", "created", "format_risk", "scanner",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The files of one bundle; ``name`` is ``<model>/<version>`` or ``run/<id>``.

    Without slots, so that its tree is computed once: of 100,000 files that takes a second.
    """

    name: str
    team: str
    kind: str
    files: tuple[ArtifactFile, ...]
    run: str
    created: str
    format_risk: str
    scan_result: str

    @functools.cached_property
    def tree(self) -> str:
        """TREE over the files, which everything else is bound to."""
        return tree_digest(self.files)

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size_bytes for file in self.files)

    def to_statement(self) -> JsonValue:
        """Returns the in-toto Statement whose canonical bytes are signed."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": self.name, "digest": {"sha256": self.tree}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "team": self.team,
                "kind": self.kind,
                "files": [
                    {
                        "path": file.path,
                        "size": str(file.size_bytes),
                        "sha256": file.sha256,
                        "parts": list(file.parts),
                    }
                    for file in self.files
                ],
                "total_size": str(self.total_bytes),
                "count": len(self.files),
                "run": self.run,
                "created": self.created,
                "format_risk": self.format_risk,
                "scanner": {**SCANNER, "result": self.scan_result},
            },
        }


def by_path(files: Sequence[ArtifactFile]) -> tuple[ArtifactFile, ...]:
    """Returns files in the order of a manifest: by UTF-8 path."""
    return tuple(sorted(files, key=lambda file: file.path.encode()))


def parse_manifest(statement: JsonValue) -> Manifest:
    """Reads a manifest from its parsed statement.

    Raises:
        NewerFormat: ``E-FORMAT`` for a manifest of tomorrow.
        Untrusted: ``E-FORMAT`` for another shape, ``E-PATH`` or ``E-SIZE`` for forbidden files,
            ``E-HASH`` if the subject is not the tree of the files.
    """
    refuse_newer(statement, PREDICATE_TYPE, "A manifest")
    try:
        manifest = _read(statement)
        same = manifest.to_statement() == statement
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _unreadable(str(error)) from error
    if not same:
        if statement["subject"][0]["digest"].get("sha256") != manifest.tree:
            raise Untrusted(
                "E-HASH",
                "A manifest names another tree than its files make",
                "Ask its writer to register again.",
            )
        raise _unreadable("it says something twice, differently")
    return manifest


def _read(statement: JsonValue) -> Manifest:
    predicate = statement["predicate"]
    if set(predicate) != _KEYS or statement["predicateType"] != PREDICATE_TYPE:
        raise ValueError("its keys differ")
    files = []
    for item in predicate["files"]:
        parts = tuple(item["parts"])
        if not all(map(is_digest, (item["sha256"], *parts))):
            raise ValueError("a file or a part has no digest")
        size = int(item["size"])
        if size < 0 or str(size) != item["size"]:
            raise ValueError("a size is not a number")
        file = ArtifactFile(path=item["path"], size_bytes=size, sha256=item["sha256"], parts=parts)
        parts_of(file)  # so many parts of one size make this file
        files.append(file)
    return Manifest(
        name=statement["subject"][0]["name"],
        team=predicate["team"],
        kind=predicate["kind"],
        files=tuple(files),
        run=predicate["run"],
        created=predicate["created"],
        format_risk=predicate["format_risk"],
        scan_result=predicate["scanner"]["result"],
    )


def _unreadable(why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT", f"A manifest cannot be read ({why})", "Ask its writer to push it again."
    )

# SPDX-License-Identifier: Apache-2.0
"""The signed index of a one-file bundle: what is in it, who made it, what it starts from (ADR 17).

* A DSSE envelope like every signed document here. It names every file by path, size and digest, so
  one signature holds the whole bundle together.
* Only names of the repository layout can stand in it: no path of a bundle is ever a path here.
* `Held` says what its maker's readers have afterwards: the base of the next one, and the list of
  content that was left out on purpose, so that nobody waits for it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.team import STATEMENT_TYPE, Head, parse_head
from strongroom.exchange.carrier import (
    MAX_APP,
    MAX_TIME,
    check_signer,
    predicate_of,
    read_document,
)
from strongroom.store.segments import parse_segment, parse_trust
from strongroom.trust import envelope
from strongroom.trust.sealed_stream import MAX_RECIPIENTS
from strongroom.trust.trust_chain import TrustChain

PREDICATE_TYPE = "urn:strongroom:strongbundle:v1"
KINDS = ("runs", "versions", "mixed", "delta", "everything")
MAX_TITLE = 200
MAX_LACKS = 400_000  # manifests; an index has room for no more
MAX_INDEX_BYTES = envelope.MAX_MANIFEST_BYTES  # some 230,000 files
LEAST_ENTRY_BYTES = 188  # of a file in the index: two digests and the names of its fields
MAX_FILE_BYTES = (1 << 32) - 1  # of one object: a part, which FAT32 takes too
ADVICE = "Ask its sender for another copy; nothing of it was taken in."
DESCRIPTION = "strongroom.json"
_TEXTS = {"app": MAX_APP, "created": MAX_TIME, "kind": MAX_APP, "title": MAX_TITLE, "base": 64}
_OTHERS = {"to", "held", "files"}
_OBJECT = re.compile(r"obj/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_MANIFEST = re.compile(r"man/([0-9a-f]{2})/(\1[0-9a-f]{62})\.json")
_LOG = re.compile(r"log/([0-9a-f]{2})/(\1[0-9a-f]{62})/([^/]{1,100})")
_CRC = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a workstation has: trust version, heads of logs, and the content it lacks of these.

    ``lacks`` are digests of manifests.
    """

    trust: int = 0
    heads: Mapping[str, Head] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()

    def to_json(self) -> JsonValue:
        """Returns the object of an index and of a receipt."""
        heads = {writer: list(head) for writer, head in self.heads.items()}
        return {"heads": heads, "lacks": sorted(self.lacks), "trust": self.trust}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledFile:
    """One file of a bundle in the order in which it lies there."""

    path: str
    size_bytes: int
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFileIndex:
    """What a bundle says of itself; ``to`` are writers it is sealed for, () if it is open.

    ``base`` is the id of the bundle or receipt a delta starts from, else "".
    """

    team: str
    writer: str
    app: str
    created: str
    kind: str
    title: str
    to: tuple[str, ...]
    base: str
    held: Held
    files: tuple[BundledFile, ...]

    @property
    def content_bytes(self) -> int:
        """The bytes of all files together."""
        return sum(file.size_bytes for file in self.files)

    def to_statement(self) -> JsonValue:
        """Returns the in-toto Statement whose canonical bytes are signed."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "strongbundle", "digest": {"sha256": _tree(self.files)}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "team": self.team,
                "writer": self.writer,
                "app": self.app,
                "created": self.created,
                "kind": self.kind,
                "title": self.title,
                "to": list(self.to),
                "base": self.base,
                "held": self.held.to_json(),
                "files": [
                    {
                        "crc32": f"{file.crc32:08x}",
                        "path": file.path,
                        "sha256": file.sha256,
                        "size": str(file.size_bytes),
                    }
                    for file in self.files
                ],
            },
        }


def check_index_bounds(size_bytes: int, lacks: int) -> None:
    """Refuses to make a document that no reader would take: each of them bounds what it parses.

    Args:
        size_bytes: Of the signed envelope, or the least it can have.
        lacks: How many manifests it names as left out.

    Raises:
        Refused: ``E-SIZE``.
    """
    if size_bytes > MAX_INDEX_BYTES or lacks > MAX_LACKS:
        raise Refused(
            "E-SIZE",
            "This lists more files than one file can carry",
            "Name fewer runs or versions, carry what is new in several bundles, or push to a"
            " folder, which has no such bound.",
        )


def read_index(raw: bytes) -> tuple[OneFileIndex, envelope.Envelope]:
    """Reads the index of a bundle; whose signature it bears is `check_maker`'s question.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``, ``E-FORMAT``; ``E-PATH`` for a name that is not ours.
    """
    index, parsed = read_document(raw, _read, _unreadable, kind=PREDICATE_TYPE, what="The bundle")
    _check_paths(index.files)
    return index, parsed


def check_maker(
    index: OneFileIndex, parsed: envelope.Envelope, trust: TrustChain, team: str
) -> None:
    """Accepts a bundle whose index an enrolled writer signed.

    What is inside is judged by itself; this tells who put it together, and that it is whole.

    Raises:
        Untrusted: ``E-TEAM``, ``E-SIG``; ``E-CUT`` if the writer was revoked; ``E-TRUST-GAP`` for
            a bundle that continues another one which was not taken in.
    """
    if index.team != team:
        raise Untrusted(
            "E-TEAM",
            f"The bundle belongs to another team ({index.team[:4]} {index.team[4:8]})",
            "Nothing was taken in. A store has one team; use another store for another team.",
        )
    member = trust.latest.members.get(index.writer) if trust.latest else None
    if trust.latest is None or (member is None and index.held.trust > len(trust.versions)):
        raise Untrusted(
            "E-TRUST-GAP",
            "The bundle continues another one that was not taken in here",
            "Take in the earlier one first, or ask for one that does not build on it.",
        )
    check_signer("bundle", index.writer, parsed, member, ADVICE)


def read_held(document: JsonValue) -> Held:
    """Reads what a workstation says it has.

    Raises:
        ValueError, KeyError, TypeError: If it has another shape.
    """
    if set(document) != {"trust", "heads", "lacks"}:
        raise ValueError("its fields differ")
    trust, lacks = document["trust"], document["lacks"]
    if type(trust) is not int or trust < 0:
        raise ValueError("a trust version is a number")
    if len(lacks) > MAX_LACKS or not all(isinstance(x, str) and is_digest(x) for x in lacks):
        raise ValueError("what is missing is named by digests")
    if lacks != sorted(set(lacks)) or not all(map(is_digest, document["heads"])):
        raise ValueError("ids are sorted digests")
    heads = {writer: parse_head(head) for writer, head in document["heads"].items()}
    return Held(trust=trust, heads=heads, lacks=frozenset(lacks))


def _read(statement: JsonValue) -> OneFileIndex:
    predicate = predicate_of(
        statement, PREDICATE_TYPE, digests={"team", "writer"}, texts=_TEXTS, others=_OTHERS
    )
    if predicate["kind"] not in KINDS or (predicate["base"] and not is_digest(predicate["base"])):
        raise ValueError("a kind or base of another form")
    from_iso(predicate["created"])
    to = tuple(predicate["to"])
    if len(to) > MAX_RECIPIENTS or not all(isinstance(w, str) and is_digest(w) for w in to):
        raise ValueError("it is sealed for something that is no writer")
    return OneFileIndex(
        team=predicate["team"],
        writer=predicate["writer"],
        app=predicate["app"],
        created=predicate["created"],
        kind=predicate["kind"],
        title=predicate["title"],
        to=to,
        base=predicate["base"],
        held=read_held(predicate["held"]),
        files=tuple(map(_file, predicate["files"])),
    )


def _file(item: JsonValue) -> BundledFile:
    size = int(item["size"])
    if not 0 <= size <= MAX_FILE_BYTES or not _CRC.fullmatch(item["crc32"]):
        raise ValueError("a size or check sum of another form")
    if not is_digest(item["sha256"]):
        raise ValueError("a file has no digest")
    return BundledFile(
        path=item["path"], size_bytes=size, sha256=item["sha256"], crc32=int(item["crc32"], 16)
    )


def _check_paths(files: Sequence[BundledFile]) -> None:
    """Accepts only names of the layout, each once, that agree with the digest they carry.

    Raises:
        Untrusted: ``E-PATH``.
    """
    seen: set[str] = set()
    for file in files:
        if file.path in seen or not _is_ours(file):
            shown = str(file.path).encode("unicode_escape").decode()[:120]
            raise Untrusted("E-PATH", f"{shown} does not belong into a bundle", ADVICE)
        seen.add(file.path)
    if DESCRIPTION not in seen:
        raise _unreadable("it does not say whose it is")


def _is_ours(file: BundledFile) -> bool:
    if file.path == DESCRIPTION:
        return True
    for pattern in (_OBJECT, _MANIFEST):
        if (match := pattern.fullmatch(file.path)) is not None:
            return match[2] == file.sha256
    if (match := _LOG.fullmatch(file.path)) is not None:
        segment = parse_segment(match[2], match[3], file.size_bytes)
        return segment is not None and segment.name.split(".")[1] == file.sha256[:16]
    folder, _, name = file.path.partition("/")
    trust = parse_trust(name, file.size_bytes) if folder == "trust" else None
    return trust is not None and name.split(".")[1] == file.sha256[:16]


def _tree(files: Collection[BundledFile]) -> str:
    return tree_digest(
        [ArtifactFile(path=f.path, size_bytes=f.size_bytes, sha256=f.sha256) for f in files]
    )


def _unreadable(why: str) -> Untrusted:
    return Untrusted("E-FORMAT", f"The index of a bundle cannot be read ({why})", ADVICE)

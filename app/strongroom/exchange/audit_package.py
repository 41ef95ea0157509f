# SPDX-License-Identifier: Apache-2.0
"""The audit package of one version: a signed bag that an auditor checks without Strongroom.

* It holds the whole trust chain, every log as it was signed, the model's files, its run and the
  auditor's script as it was shipped (trust.md 5). What it claims is in ``data/report.json``.
* Everything in it is fixed by the ledger and the exporter's key: no clock, no randomness, no path
  of this machine.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from string import Template

from strongroom.domain import canonical
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.domain.resources import resource
from strongroom.domain.team import STATEMENT_TYPE, Member
from strongroom.exchange.audit_report import report_page
from strongroom.exchange.audit_table import events_table, spelled
from strongroom.exchange.bag import TAG_MANIFEST, BagFile, from_bytes, read_whole, with_manifests
from strongroom.exchange.dossier import RUN_FILES, Dossier, doubled
from strongroom.store.content import Content
from strongroom.store.publish import Source
from strongroom.store.repository import Repository
from strongroom.store.segments import trust_name
from strongroom.trust import envelope
from strongroom.trust.keys import from_hex, from_spki
from strongroom.trust.model_signature import sign_model
from strongroom.trust.signer import Signer

PREDICATE_TYPE = "urn:strongroom:audit:v1"
_SIGNATURE = TAG_MANIFEST + ".p256.sig"
_ENVELOPE = TAG_MANIFEST + ".dsse.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Who signs a package, with both keys, and by which program."""

    writer: str
    name: str
    app: str
    ed25519: Signer
    p256: Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The auditor's script and instructions as they were shipped."""

    verify: bytes
    instructions: str

    @property
    def sha256(self) -> str:
        """The digest that is told out of band."""
        return hashlib.sha256(self.verify).hexdigest()


def shipped_script() -> Script:
    """Returns the script that goes into every package.

    Raises:
        FileNotFoundError: If the product was installed without its resources.
    """
    return Script(
        verify=resource("audit", "verify.py").read_bytes(),
        instructions=resource("audit", "VERIFY.txt").read_text("utf-8"),
    )


def package_files(
    dossier: Dossier, files: Repository, exporter: Exporter, script: Script
) -> list[BagFile]:
    """Returns every file of the signed package.

    Args:
        dossier: The evidence about the version.
        files: The ledger's files, for the signed manifests.
        exporter: Whose signatures it gets.
        script: The auditor's script.

    Raises:
        Untrusted: ``E-PATH`` if the files cannot stand beside each other, ``E-HASH``.
    """
    version, team = dossier.version, dossier.snapshot.latest
    info = {
        "Bag-Software-Agent": exporter.app,
        "Bagging-Date": dossier.newest_time[:10],
        "Contact-Name": spelled(exporter.name),
        "External-Description": "Audit package of a model version; data/VERIFY.txt says how to"
        " check it",
        "External-Identifier": spelled(f"{version.model}/{version.version}+{version.tree}"),
        "Source-Organization": spelled(team.team_name),
    }
    bag = with_manifests(_payload(dossier, files, exporter, script), info)
    return [*bag, *_seal(bag, dossier, exporter)]


def _payload(
    dossier: Dossier, files: Repository, exporter: Exporter, script: Script
) -> Iterator[BagFile]:
    snapshot = dossier.snapshot
    yield from_bytes("data/verify.py", script.verify)
    yield from_bytes("data/VERIFY.txt", _instructions(dossier, exporter, script).encode())
    yield from_bytes("data/report.json", canonical.encode(dossier.report()))
    page = report_page(dossier, exporter=exporter.name, verify_sha256=script.sha256)
    yield from_bytes("data/report.html", page.encode())
    yield from_bytes("data/events.csv", events_table(snapshot).encode())
    for signed in (*snapshot.trust.versions, *snapshot.trust.others):
        raw = signed.envelope.raw
        yield from_bytes(f"data/trust/{trust_name(signed.document.version, raw)}", raw)
    for writer, chain in snapshot.chains.by_writer.items():
        if chain:
            lines = b"".join(snapshot.raw[event.id] + b"\n" for event in chain)
            yield from_bytes(f"data/log/{writer}.jsonl", lines)
    for writer, _, both in doubled(snapshot):
        lines = b"".join(raw + b"\n" for raw in both)
        yield from_bytes(f"data/equivocation/{writer}.jsonl", lines)
    for one in dossier.words:
        yield from_bytes(f"data/checkpoints/{one.checkpoint.writer}.note", one.note.to_bytes())
    for member in snapshot.latest.members.values():
        yield from _keys(member)
    digests = {dossier.version.manifest}
    if dossier.run is not None:
        digests.add(str(dossier.run.event.body["manifest"]))
    for digest in digests:
        yield from_bytes(f"data/bundles/{digest}.json", files.read_manifest(digest))
    name = spelled(f"{dossier.version.model}-v{dossier.version.version}")
    key = from_spki(snapshot.latest.members[exporter.writer].p256)
    signature = sign_model(name, dossier.manifest.files, exporter.p256, key)
    yield from_bytes("data/model.sig", signature)
    yield from _content("data/model", dossier.manifest.files, dossier.version.run, dossier.content)
    if dossier.run is not None:
        kept = [file for file in dossier.run.manifest.files if file.path in RUN_FILES]
        yield from _content(f"data/runs/{dossier.run.id}", kept, dossier.run.id, dossier.content)


def _content(
    folder: str, listed: Sequence[ArtifactFile], run: str, content: Content
) -> Iterator[BagFile]:
    for file in listed:

        def open_(sha256: str = file.sha256) -> AbstractContextManager[Source]:
            return content.reader(sha256, run=run)

        placed = ArtifactFile(
            path=f"{folder}/{file.path}", size_bytes=file.size_bytes, sha256=file.sha256
        )
        yield BagFile(file=placed, open=open_)


def _keys(member: Member) -> Iterator[BagFile]:
    """Yields a writer's public keys for openssl; a P-256 key that is none is left out."""
    if member.alg == "ed25519":
        pem = from_hex(member.alg, member.pub).pem
        yield from_bytes(f"data/keys/{member.writer}.ed25519.pem", pem)
    try:
        pem = from_spki(member.p256).pem
    except Untrusted:
        return
    yield from_bytes(f"data/keys/{member.writer}.p256.pem", pem)


def _seal(bag: Sequence[BagFile], dossier: Dossier, exporter: Exporter) -> list[BagFile]:
    """Returns the two signatures over the tag manifest; the second one covers the first."""
    tag_manifest = read_whole(bag, TAG_MANIFEST)
    signature = exporter.p256.sign(tag_manifest)
    version = dossier.version
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": hashlib.sha256(data).hexdigest()}}
            for name, data in ((TAG_MANIFEST, tag_manifest), (_SIGNATURE, signature))
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "team": dossier.snapshot.trust.team,
            "writer": exporter.writer,
            "model": version.model,
            "version": version.version,
            "tree": version.tree,
            "time": dossier.newest_time,
        },
    }
    sealed = envelope.seal(statement, [exporter.ed25519])
    return [from_bytes(_SIGNATURE, signature), from_bytes(_ENVELOPE, sealed)]


def _instructions(dossier: Dossier, exporter: Exporter, script: Script) -> str:
    """Returns VERIFY.txt with the names of this package; commands get digests and numbers only."""
    version, event = dossier.version, _example(dossier)
    return Template(script.instructions).safe_substitute(
        TEAM=dossier.snapshot.trust.team,
        MODEL=spelled(version.model),
        VERSION=str(version.version),
        TREE=version.tree,
        NAME=spelled(exporter.name),
        WRITER=exporter.writer,
        VERIFY_SHA256=script.sha256,
        PACKAGE="PACKAGE",
        EVENT="approval" if dossier.approvals else "registration",
        LINE=str(event.seq),
        APPROVER=event.writer,
    )


def _example(dossier: Dossier) -> Event:
    """Returns the event that the instructions check by hand: an approval, else the registration."""
    id_ = dossier.approvals[0].event if dossier.approvals else dossier.version.register
    event = dossier.snapshot.chains.get(id_)
    if event is None:
        raise Untrusted("E-MISSING", "The registration of this version is not here", "Pull again.")
    return event

# SPDX-License-Identifier: Apache-2.0
"""A team, its trust documents, its logs and its audit packages, made from the format pages alone.

Nothing here uses the product: whoever tests the product against this builder tests it against the
written format. The builder signs whatever it is asked to sign, right or wrong::

    team = a_team()
    alice = team.writer("Alice", caps=["register", "request:*"])
    mara = team.writer("Mara", caps=["approve:*", "export.audit"])
    version = alice.registers("churn", 1, {"weights.bin": b"..."})
    wish = alice.requests(version, "Production")
    mara.approves(wish)
    package = team.package(tmp_path / "bag", version, by=mara)
"""

import base64
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = Any
Files = dict[str, bytes]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
OPEN = {
    "need": 0, "groups": [], "exclude": [], "veto": False, "require": [], "gates": [],
    "require_fresh_snapshot_days": 0,
}  # fmt: skip
FOUR_EYES = {**OPEN, "need": 1, "exclude": ["requester"], "veto": True}
VERIFY_PY = Path(__file__).parents[2] / "resources" / "audit" / "verify.py"


def sha256(data: bytes) -> str:
    """Returns the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: Json) -> bytes:
    """Returns the canonical JSON bytes of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def tree(files: Files) -> str:
    """Returns TREE of files."""
    lines = [
        f"{sha256(data)}  {len(data)}  {path}\n"
        for path, data in sorted(files.items(), key=lambda item: item[0].encode())
    ]
    return sha256("".join(lines).encode())


def statement(kind: str, name: str, digest: str, predicate: Json) -> Json:
    """Returns an in-toto Statement with one subject."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}}],
        "predicateType": f"urn:strongroom:{kind}:v1",
        "predicate": predicate,
    }


class Key:
    """An Ed25519 key; seeded, so that packages are the same on every run."""

    def __init__(self, seed: str) -> None:
        self.secret = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self.raw = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha256(self.raw)


def seal(document: Json, *keys: Key) -> bytes:
    """Returns the canonical envelope of a document signed by the keys."""
    payload = canonical(document)
    signed = b"DSSEv1 %d %b %d %b" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )
    signatures = [
        {"keyid": key.id, "sig": base64.b64encode(key.secret.sign(signed)).decode()}
        for key in sorted(keys, key=lambda key: key.id)
    ]
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": signatures,
        }
    )


class Version:
    """A registered version: model, number, content and its tree digest."""

    def __init__(self, model: str, number: int, files: Files, run: str) -> None:
        self.model, self.number, self.files, self.run = model, number, files, run
        self.tree = tree(files)
        self.stage, self.by = "None", ""

    @property
    def body(self) -> Json:
        """The three fields that name it in events."""
        return {"model": self.model, "version": self.number, "tree": self.tree}


class Wish:
    """A signed request and the body it was signed with."""

    def __init__(self, event: str, body: Json, version: Version) -> None:
        self.event, self.body, self.version = event, body, version


class Writer:
    """One person on one workstation, who signs whatever the test asks for."""

    def __init__(self, team: "Team", name: str, caps: list[str], person: str, groups: list[str]):
        self.team, self.name, self.groups = team, name, groups
        self.key = Key(f"{team.seed}/{name}")
        self.id = self.key.id
        self.person = person or f"p-{self.id[:12]}"
        self.p256 = ec.derive_private_key(int(self.id, 16) >> 3, ec.SECP256R1())
        self.spki = self.p256.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        self.grants: list[Json] = [
            {"cap": cap, "scope": "*", "from": 0, "to": None} for cap in caps
        ]
        self.is_active, self.reason = True, ""
        self.lines: list[bytes] = []
        self.ids: list[str] = []
        self.told: dict[str, int] = {}
        self.knows: dict[str, int] = {}

    @property
    def head(self) -> list[Json]:
        """The last event as [seq, id]."""
        return [len(self.ids), self.ids[-1] if self.ids else ""]

    def sees(self, *others: "Writer") -> "Writer":
        """Makes the next event say that the others' logs have been seen to their present end."""
        for other in others or self.team.writers.values():
            if other is not self and other.ids:
                self.knows[other.id] = len(other.ids)
        return self

    def signs(self, kind: str, body: Json, **frame: Json) -> str:
        """Signs and appends any event; ``frame`` overrides fields of the predicate."""
        seen = {}
        for other in self.team.writers.values():
            count = self.knows.get(other.id, 0)
            if count > self.told.get(other.id, 0):
                seen[other.id] = [count, other.ids[count - 1]]
                self.told[other.id] = count
        name, digest = "team", self.team.id
        if body.get("tree") and body.get("version"):
            name, digest = f"{body['model']}/{body['version']}", body["tree"]
        elif kind == "run.finish":
            name, digest = f"run/{body['run']}", body["tree"] or body["sealed"]
        predicate = {
            "team": self.team.id,
            "writer": self.id,
            "seq": len(self.ids) + 1,
            "prev": self.ids[-1] if self.ids else "",
            "trust": {"version": self.team.version, "id": self.team.trust_ids[-1]},
            "seen": seen,
            "time": f"2026-11-23T04:{self.team.tick() // 60 % 60:02d}:00.000000Z",
            "app": "strongroom/0.1.0",
            "type": kind,
            "body": body,
            **frame,
        }
        document = statement("event", name, digest, predicate)
        self.lines.append(seal(document, self.key))
        self.ids.append(sha256(canonical(document)))
        return self.ids[-1]

    def says_hello(self) -> str:
        """Signs the first event of a log."""
        return self.signs("writer.hello", {"host": "ws", "app": "strongroom/0.1.0"})

    def finishes_run(self, run: str, files: Files) -> str:
        """Signs the end of a run whose folder holds the files."""
        manifest = self.team.manifest(self, "run", f"run/{run}", files, run)
        self.team.runs[run] = files
        body = {
            "run": run, "experiment": "digits", "name": "", "status": "FINISHED",
            "sealed": sha256(files.get("sealed.json", b"")), "manifest": manifest,
            "tree": tree(files), "origin": "local",
        }  # fmt: skip
        return self.signs("run.finish", body)

    def registers(self, model: str, number: int, files: Files, *, run: str = "") -> Version:
        """Signs the registration of a version with its content."""
        version = Version(model, number, files, run)
        manifest = self.team.manifest(self, "model-version", f"{model}/{number}", files, run)
        body = {
            **version.body, "manifest": manifest, "run": run, "artifact": "model",
            "format_risk": "data-only", "flavors": [], "replaces": "",
        }  # fmt: skip
        self.signs("version.register", body)
        return version

    def requests(self, version: Version, to: str, **more: Json) -> Wish:
        """Signs a request, from the stage and parents that the builder believes in."""
        pattern = self.team.policies
        policy = pattern.get(version.model, pattern["*"]).get(to.lower(), OPEN)
        body = {
            **version.body, "from": version.stage, "to": to, "retires": [],
            "policy": sha256(canonical(policy)), "parents": [version.by] if version.by else [],
            "evidence": [], "gates": [], "reason": "better", "expires": "", **more,
        }  # fmt: skip
        return Wish(self.signs("stage.request", body), body, version)

    def answers(self, kind: str, wish: Wish, *, frame: Json = None, **more: Json) -> str:
        """Signs an approval, a rejection or a wish for changes; ``more`` overrides its body."""
        bound = ("model", "version", "tree", "from", "to", "policy")
        body = {
            **{key: wish.body[key] for key in bound},
            "request": wish.event,
            "evidence_seen": sorted({item["sha256"] for item in wish.body["evidence"]}),
            "gates": sha256(canonical(wish.body["gates"])),
            "comment": "looked at it",
            **({"statement": "I reviewed this."} if kind == "stage.approve" else {}),
            **more,
        }
        return self.signs(kind, body, **(frame or {}))

    def approves(self, wish: Wish, **more: Json) -> str:
        """Signs an approval; the version is believed to have moved."""
        event = self.sees().answers("stage.approve", wish, **more)
        wish.version.stage, wish.version.by = wish.body["to"], wish.event
        return event

    def rejects(self, wish: Wish, **more: Json) -> str:
        """Signs a rejection."""
        return self.answers("stage.reject", wish, **more)

    def withdraws(self, wish: Wish) -> str:
        """Signs a withdrawal."""
        return self.signs("stage.withdraw", {"request": wish.event, "reason": "no longer"})


class Team:
    """Trust documents, writers and manifests of one team."""

    def __init__(self, seed: str = "team") -> None:
        self.seed, self.name = seed, "Fraud ML"
        self.root = Key(f"{seed}/root")
        self.roots, self.root_threshold, self.admin_threshold = [self.root], 1, 1
        self.writers: dict[str, Writer] = {}
        self.admins: list[Writer] = []
        self.policies: Json = {"*": {"staging": dict(FOUR_EYES), "production": dict(FOUR_EYES)}}
        self.documents: list[bytes] = []
        self.trust_ids: list[str] = []
        self.bundles: dict[str, bytes] = {}
        self.runs: dict[str, Files] = {}
        self._time = 0

    @property
    def id(self) -> str:
        """The team id: the digest of the first trust document's payload."""
        return self.trust_ids[0]

    @property
    def version(self) -> int:
        """The number of the latest trust document."""
        return len(self.documents)

    def tick(self) -> int:
        """Returns a time that goes on by a minute with each event."""
        self._time += 60
        return self._time

    def writer(
        self, name: str, caps: list[str], *, person: str = "", groups: list[str] | None = None,
        hello: bool = True,
    ) -> Writer:  # fmt: skip
        """Enrols a writer by a new trust document; he says hello."""
        writer = Writer(self, name, caps, person, groups or [])
        self.writers[writer.id] = writer
        if not self.admins:
            self.admins = [writer]
        self.publishes()
        if hello:
            writer.says_hello()
        return writer

    def trust_document(self, **changes: Json) -> Json:
        """Returns the next trust document, unsigned."""
        root = {
            "threshold": self.root_threshold,
            "keys": {
                key.id: {"alg": "ed25519", "pub": key.raw.hex(), "label": "root"}
                for key in self.roots
            },
        }
        prev = self.trust_ids[-1] if self.trust_ids else ""
        people: Json = {}
        for writer in self.writers.values():
            people.setdefault(writer.person, {"name": writer.name, "groups": writer.groups})
        predicate = {
            "team_name": self.name,
            "version": self.version + 1,
            "prev": prev,
            "nonce": sha256(self.seed.encode())[:32],
            "root": root,
            "admin": {"threshold": self.admin_threshold, "writers": [w.id for w in self.admins]},
            "people": people,
            "writers": {
                w.id: {
                    "person": w.person, "host": "ws", "alg": "ed25519", "pub": w.key.raw.hex(),
                    "p256": base64.b64encode(w.spki).decode(), "caps": w.grants,
                    "state": "active" if w.is_active else "revoked", "reason": w.reason,
                }
                for w in self.writers.values()
            },
            "policies": self.policies,
            "heads": {w.id: w.head for w in self.writers.values() if w.ids},
            "limits": {},
            **changes,
        }  # fmt: skip
        name = f"trust/{predicate['version']}"
        return statement("trust", name, predicate["prev"] or sha256(canonical(root)), predicate)

    def publishes(self, *signers: Key, **changes: Json) -> None:
        """Signs and appends the next trust document (by the root keys first, then the admins)."""
        document = self.trust_document(**changes)
        usual = self.roots if not self.documents else [w.key for w in self.admins]
        self.documents.append(seal(document, *(signers or usual)))
        self.trust_ids.append(sha256(canonical(document)))

    def cuts(self, writer: Writer, seq: int, reason: str = "left") -> None:
        """Revokes a writer: all his grants end at an event of his log."""
        cut = {"seq": seq, "id": writer.ids[seq - 1]}
        writer.grants = [{**grant, "to": cut} for grant in writer.grants]
        writer.is_active, writer.reason = False, reason
        self.publishes()

    def manifest(self, by: Writer, kind: str, name: str, files: Files, run: str) -> str:
        """Signs a bundle manifest and returns the digest of the file."""
        listed = [
            {"path": path, "size": str(len(data)), "sha256": sha256(data), "parts": []}
            for path, data in sorted(files.items())
        ]
        predicate = {
            "team": self.id, "kind": kind, "files": listed, "count": len(files), "run": run,
            "total_size": str(sum(map(len, files.values()))),
            "created": "2026-11-23T04:10:11.123456Z", "format_risk": "data-only",
            "scanner": {"name": "strongroom-opcodes", "version": "1", "result": "data-only"},
        }  # fmt: skip
        data = seal(statement("bundle", name, tree(files), predicate), by.key)
        self.bundles[sha256(data)] = data
        return sha256(data)

    def package(self, folder: Path, version: Version, *, by: Writer, **changes: Json) -> Path:
        """Writes an audit package; ``state`` and other report fields must come from the test."""
        write_files(folder, self.package_files(version, by=by, **changes))
        return folder

    def package_files(self, version: Version, *, by: Writer, **changes: Json) -> Files:
        """Returns the files of an audit package. ``report`` and ``extra`` override its content."""
        data: Files = {f"data/model/{path}": content for path, content in version.files.items()}
        for number, document in enumerate(self.documents, 1):
            data[f"data/trust/{number:08d}.{sha256(document)[:16]}.json"] = document
        for writer in self.writers.values():
            if writer.lines:
                data[f"data/log/{writer.id}.jsonl"] = b"".join(x + b"\n" for x in writer.lines)
            ed25519 = bytes.fromhex("302a300506032b6570032100") + writer.key.raw
            data[f"data/keys/{writer.id}.ed25519.pem"] = pem(ed25519)
            data[f"data/keys/{writer.id}.p256.pem"] = pem(writer.spki)
        for digest, bundle in self.bundles.items():
            data[f"data/bundles/{digest}.json"] = bundle
        for run, files in self.runs.items():
            data.update({f"data/runs/{run}/{path}": content for path, content in files.items()})
        data["data/VERIFY.txt"] = b"See verify.py.\n"
        data["data/report.json"] = canonical(changes.pop("report"))
        data.update(changes.pop("extra", {}))
        for path in changes.pop("without", ()):
            del data[path]
        return self.bagged(data, version, by, **changes)

    def bagged(self, data: Files, version: Version, by: Writer, **seal_changes: Json) -> Files:
        """Returns the payload files with manifests and the exporter's two signatures."""
        files = dict(data)
        files["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        files["bag-info.txt"] = b"Source-Organization: Fraud ML\n"
        files["manifest-sha256.txt"] = manifest_lines(data)
        tags = {path: files[path] for path in files if "/" not in path}
        tagmanifest = manifest_lines(tags)
        files["tagmanifest-sha256.txt"] = tagmanifest
        signature = by.p256.sign(tagmanifest, ec.ECDSA(hashes.SHA256()))
        files["tagmanifest-sha256.txt.p256.sig"] = signature
        predicate = {
            "team": self.id, "writer": by.id, **version.body, "time": "2026-11-23T05:00:00.000000Z",
            **seal_changes,
        }  # fmt: skip
        document = statement("audit", "tagmanifest-sha256.txt", sha256(tagmanifest), predicate)
        document["subject"].append(
            {"name": "tagmanifest-sha256.txt.p256.sig", "digest": {"sha256": sha256(signature)}}
        )
        files["tagmanifest-sha256.txt.dsse.json"] = seal(document, by.key)
        return files


def a_team(seed: str = "team") -> Team:
    """Returns a new team with one root key and nobody in it."""
    return Team(seed)


def pem(der: bytes) -> bytes:
    """Returns a public key file for openssl."""
    return b"-----BEGIN PUBLIC KEY-----\n%b-----END PUBLIC KEY-----\n" % b"".join(
        base64.b64encode(der)[i : i + 64] + b"\n" for i in range(0, len(base64.b64encode(der)), 64)
    )


def manifest_lines(files: Files) -> bytes:
    """Returns a BagIt manifest, which is also what sha256sum reads."""
    return b"".join(
        f"{sha256(data)}  {path}\n".encode()
        for path, data in sorted(files.items(), key=lambda item: item[0].encode())
    )


def write_files(folder: Path, files: Files) -> None:
    """Writes files below a folder."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def write_zip(path: Path, files: Files, *, inside: str = "audit-churn/") -> None:
    """Writes a ZIP with stored entries, sorted, with fixed dates."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(inside + name)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])

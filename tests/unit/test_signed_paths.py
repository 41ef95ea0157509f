# SPDX-License-Identifier: Apache-2.0
"""Paths that lead elsewhere, in manifests signed by a key of the team: refused before any file."""

import hashlib

import pytest

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import MODEL_VERSION, Manifest
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.exchange.local import check_manifest
from strongroom.trust import envelope
from strongroom.trust.signer import Ed25519Signer
from support.team_builder import Team, a_team

BAD = (
    "", ".", "..", "../evil", "../../etc/passwd", "a/../../b", "a/..", "./a", "a/./b", "a//b",
    "/etc/passwd", "/", "//host/share", "a/", "~/../x/..", "C:/evil", "C:\\evil", "c:evil",
    "\\\\host\\share", "a\\b", "..\\evil", "a/..\\b", "file:///etc", "http://x/y", "a:b", "a|b",
    "a<b", "a>b", 'a"b', "a?b", "a*b", "a\x00b", "a\nb", "a\rb", "a\tb", "\x1b[31m", "a\x7fb",
    "con", "CON", "con.txt", "PRN", "aux", "aux.tar.gz", "nul", "NUL.", "com1", "COM9.log",
    "lpt1", "LPT¹", "com²", "x/con/y", "name.", "name ", "a./b", "a /b", ".git", ".git/config",
    "a/.git/hooks", ".gitignore", ".GIT/config", "e\u0301", "\u212b", "x" * 201, "a/" * 600 + "b",
)  # fmt: skip
"""Whoever writes any of these under its own name somewhere writes something else."""


@pytest.fixture(scope="module")
def team() -> Team:
    made = a_team()
    made.enrol("Alice", "analyst").says_hello()
    return made


def signed(team: Team, path: str) -> tuple[bytes, Event]:
    """A manifest that names the path, signed by Alice, and her event that names the manifest."""
    alice = team.writers["Alice"]
    file = ArtifactFile(path="weights.bin", size_bytes=4, sha256="ab" * 32)
    manifest = Manifest(
        name="churn/1", team=team.id, kind=MODEL_VERSION, files=(file,), run="",
        created="2026-11-23T00:00:00.000000Z", format_risk="data-only", scan_result="",
    )  # fmt: skip
    statement = manifest.to_statement()
    statement["predicate"]["files"][0]["path"] = path
    line = f"{file.sha256}  4  {path}\n".encode("utf-8", "surrogatepass")
    tree = hashlib.sha256(line).hexdigest()
    statement["subject"][0]["digest"]["sha256"] = tree
    raw = envelope.seal(statement, [Ed25519Signer(alice.key)])
    body = {
        "model": "churn", "version": 1, "tree": tree, "run": "", "artifact": "model",
        "manifest": hashlib.sha256(raw).hexdigest(), "format_risk": "data-only", "flavors": [],
        "replaces": "",
    }  # fmt: skip
    return raw, alice.signs("version.register", body)


def checked(team: Team, path: str) -> None:
    raw, event = signed(team, path)
    key = team.writers["Alice"].key.ed25519_pub

    def verify(writer: str, parsed: envelope.Envelope) -> bool:
        return writer == key.keyid and key.verify(parsed.signatures[0].sig, parsed.signed_bytes)

    check_manifest(raw, event, verify)


def test_3_a_harmless_path_of_the_same_key_is_accepted(team: Team) -> None:
    for path in ("weights.bin", "a/b/c.bin", "Größe 1.txt", "conx", "git/config"):
        checked(team, path)


@pytest.mark.parametrize("path", BAD, ids=[f"{n}" for n in range(len(BAD))])
def test_3_a_path_that_leads_elsewhere_is_refused_though_its_signature_holds(
    team: Team, path: str
) -> None:
    with pytest.raises(Untrusted) as refused:
        checked(team, path)
    assert refused.value.code == "E-PATH"

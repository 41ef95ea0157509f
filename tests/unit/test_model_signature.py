# SPDX-License-Identifier: Apache-2.0
"""Folders of models signed in the form of OpenSSF Model Signing, by us and by its own program."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from strongroom.cli.root import run as run_command
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.services.model_signing import check_model
from strongroom.trust.keys import KeyPair
from strongroom.trust.model_signature import read_model_signature, sign_model
from strongroom.trust.signer import P256Signer
from support.no_internet import SEALED

PAIR = KeyPair.from_secrets(bytes(range(32)), bytes(range(1, 33)))
OTHER = KeyPair.from_secrets(bytes(range(32)), bytes(range(2, 34)))
FILES = {
    "MLmodel": b"flavors: {}\n",
    "data/weights.bin": bytes(range(256)) * 300,
    "data/größe/ünï.txt": "Maße".encode(),
    "empty": b"",
}


def program() -> str | None:
    """The other program: of this environment, or where somebody installed it."""
    named = os.environ.get("MODEL_SIGNING_PROGRAM")
    return named or shutil.which("model_signing", path=str(Path(sys.executable).parent))


needs_the_program = pytest.mark.skipif(
    program() is None,
    reason="needs OpenSSF's program: pip install 'model-signing==1.1.1' pyOpenSSL",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    for path, content in FILES.items():
        target = made / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (tmp_path / "key.pem").write_bytes(PAIR.p256_pub.pem)
    (tmp_path / "model.sig").write_bytes(
        sign_model("churn-v1", listed(FILES), P256Signer(PAIR), PAIR.p256_pub)
    )
    return made


def listed(files: dict[str, bytes]) -> list[ArtifactFile]:
    return [
        ArtifactFile(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in files.items()
    ]


def codes(folder: Path) -> list[tuple[str, str]]:
    check = check_model(folder, folder.parent / "model.sig", folder.parent / "key.pem")
    return [(found.code, found.path) for found in check.findings]


def theirs(folder: Path, signature: str = "model.sig") -> int:
    done = subprocess.run(
        [str(program()), "verify", "key", str(folder), "--no-ignore-git-paths",
         "--signature", str(folder.parent / signature), "--public_key",
         str(folder.parent / "key.pem")],
        capture_output=True, check=False, env={**os.environ, "PYTHONPATH": SEALED},
    )  # fmt: skip
    return done.returncode


CHANGES = {
    "flipped": lambda f: (f / "MLmodel").write_bytes(b"Flavors: {}\n"),
    "added": lambda f: (f / "extra.txt").write_text("x"),
    "added for git": lambda f: ((f / ".git").mkdir(), (f / ".git/x").write_text("x")),
    "gone": lambda f: (f / "empty").unlink(),
    "renamed": lambda f: (f / "empty").rename(f / "void"),
    "swapped for a link": lambda f: ((f / "empty").unlink(), (f / "empty").symlink_to("/dev/null")),
}  # fmt: skip


def test_what_was_signed_holds(folder):
    assert codes(folder) == []


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_folder_is_found(folder, change):
    CHANGES[change](folder)
    assert codes(folder) != []


def test_every_byte_of_the_signature_counts_or_says_nothing(folder):
    raw = (folder.parent / "model.sig").read_bytes()
    said = read_model_signature(raw, PAIR.p256_pub)
    for at in range(0, len(raw), 5):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with suppress(Untrusted):  # refused, or a byte that only describes: what it says is said
            assert read_model_signature(changed, PAIR.p256_pub) == said


def test_another_key_and_a_key_that_is_none_are_refused(folder):
    with pytest.raises(Untrusted) as caught:
        read_model_signature((folder.parent / "model.sig").read_bytes(), OTHER.p256_pub)
    assert caught.value.code == "E-SIG"
    with pytest.raises(BadInput):
        check_model(folder, folder / "nothing.sig", folder.parent / "key.pem")
    for text in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        (folder.parent / "key.pem").write_bytes(text)
        with pytest.raises(Untrusted):
            codes(folder)


def test_a_signature_that_names_paths_outside_is_refused(folder):
    data = json.loads((folder.parent / "model.sig").read_bytes())
    assert data["mediaType"].startswith("application/vnd.dev.sigstore.bundle")
    for path in ("../x", "/etc/passwd", "a/../b", "C:/x"):
        file = ArtifactFile(path=path, size_bytes=0, sha256="0" * 64)
        with pytest.raises(Untrusted) as caught:
            sign_model("bad", [file], P256Signer(PAIR), PAIR.p256_pub)
        assert caught.value.code == "E-PATH"


def test_the_command_says_so_with_its_exit_code(folder, capsys):
    signature, key = folder.parent / "model.sig", folder.parent / "key.pem"
    words = ["models", "verify", str(folder), "--signature", str(signature), "--key", str(key)]
    words.append("--json")
    assert run_command(words, lambda _: 0) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    (folder / "extra").write_text("x")
    assert run_command(words, lambda _: 0) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["path"] == "extra"


@needs_the_program
@pytest.mark.slow
def test_model_signing_verifies_ours(folder):
    assert theirs(folder) == 0


@needs_the_program
@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_model_signing_finds_every_change_too(folder, change):
    CHANGES[change](folder)
    assert theirs(folder) != 0


@needs_the_program
@pytest.mark.slow
def test_we_verify_theirs(folder, tmp_path):
    subprocess.run(
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "private.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        ["openssl", "ec", "-in", "private.pem", "-pubout", "-out", "key.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [str(program()), "sign", "key", str(folder), "--signature", str(tmp_path / "model.sig"),
         "--private_key", str(tmp_path / "private.pem")],
        check=True, capture_output=True, env={**os.environ, "PYTHONPATH": SEALED},
    )  # fmt: skip
    assert codes(folder) == []
    (folder / "data/weights.bin").write_bytes(b"other")
    assert codes(folder) == [("E-HASH", "data/weights.bin")]

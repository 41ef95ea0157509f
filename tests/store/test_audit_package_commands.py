# SPDX-License-Identifier: Apache-2.0
"""``strongroom audit export`` and ``audit verify`` from the shell's side of the door."""

import hashlib
import json
from pathlib import Path

import pytest

from strongroom.cli import output
from strongroom.cli.root import command_tree
from strongroom.trust import keychain
from support.audit_store import MODEL, PASSPHRASE, AuditStore, copy_of

TAG = "tagmanifest-sha256.txt"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> AuditStore:
    return copy_of(tmp_path_factory, tmp_path_factory.mktemp("commands") / "people")


@pytest.fixture
def command(store, monkeypatch, tmp_path, capsys):
    """Runs a command line as a person of the store; (exit code, standard output, error)."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "passphrase").chmod(0o600)
    monkeypatch.setenv("STRONGROOM_STORE", str(store.store))
    monkeypatch.setenv("STRONGROOM_PASSPHRASE_FILE", str(tmp_path / "passphrase"))

    def run(*arguments: str | Path, desk=None) -> tuple[int, str, str]:
        person = desk or store.founder
        monkeypatch.setenv("STRONGROOM_HOME", str(person.home))
        monkeypatch.setattr(keychain, "SystemKeychain", lambda _environ: person.keychain)
        tree = command_tree(lambda _arguments: 0)
        code = output.run(tree, [str(each) for each in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_export_and_verify_in_json(command, tmp_path, store):
    bag = tmp_path / "bag"
    code, out, err = command("audit", "export", f"{MODEL}/1", "-o", bag, "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["path"] == str(bag)
    assert told["team"] == store.team
    assert told["tagmanifest"] == hashlib.sha256((bag / TAG).read_bytes()).hexdigest()
    code, out, _ = command("audit", "verify", bag, "--team", store.team, "--json")
    verdict = json.loads(out)
    assert (code, verdict["ok"], verdict["findings"]) == (0, True, [])
    (bag / "data/events.csv").write_text("nothing happened\n")
    code, out, _ = command("audit", "verify", bag, "--team", store.team, "--json")
    verdict = json.loads(out)
    assert (code, verdict["ok"]) == (1, False)
    assert verdict["findings"][0]["code"] == "E-HASH"


def test_export_says_what_to_tell_the_auditor(command, tmp_path, store):
    code, out, _ = command("audit", "export", f"{MODEL}/1", "-o", tmp_path / "bag", "--zip")
    assert code == 0
    assert f"{tmp_path / 'bag.zip'}" in out
    assert "approved by Mara Lindqvist" in out
    assert " ".join(store.team[i : i + 4] for i in range(0, 64, 4)) in out
    code, out, _ = command("audit", "verify", tmp_path / "bag.zip", "--team", store.team, "--all")
    assert code == 0
    assert "signatures was checked" in out


def test_verify_needs_no_store(command, tmp_path, store, monkeypatch):
    nowhere = tmp_path / "no store"
    monkeypatch.setenv("STRONGROOM_STORE", str(nowhere))
    code, _, _ = command("audit", "verify", tmp_path, "--team", store.team)
    assert code == 2
    assert not nowhere.exists()


def test_export_without_the_right_exits_with_3(command, tmp_path, store):
    code, out, _ = command(
        "audit", "export", f"{MODEL}/1", "-o", tmp_path / "bag", "--json", desk=store.analyst
    )
    assert (code, json.loads(out)["error"]["code"]) == (3, "E-CAP")
    assert not (tmp_path / "bag").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", f"{MODEL}/9", "-o", "bag"),
        ("export", f"{MODEL}/1"),
        ("export", "-o", "bag"),
        ("export", "--all", "-o", "bag"),
        ("export", f"{MODEL}/1", "-o", "full"),
        ("verify", "full"),
        ("verify", "full", "--team", "abc"),
    ],
)
def test_bad_input_exits_with_2(command, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    code, _, err = command("audit", *arguments)
    assert code == 2, err
    assert not (tmp_path / "bag").exists()


def test_both_commands_hang_below_audit(command):
    code, out, _ = command("audit", "--help")
    assert code == 0
    assert {"log", "export", "verify"} <= set(out.split())

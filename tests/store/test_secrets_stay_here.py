# SPDX-License-Identifier: Apache-2.0
"""Secrets in params, tags, arguments, diffs and text files stop a push, until that is on record.

Row 43 of the threats: everything is done by the product's own ways, and looked for on the share.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.cli.root import run as run_command
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.secret import SecretsFound
from strongroom.exchange.selection import Selection
from strongroom.sdk import source
from strongroom.sdk.fluent import log_artifact, log_param, set_tag, start_run
from strongroom.services.bundles import Bundles
from strongroom.services.evidence import Evidence
from strongroom.services.registering import Registering
from strongroom.services.secrets import Secrets
from support.peers import MODEL, Peer, Team, files_of, join

AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
SSH_KEY = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
TOKEN = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
PASSWORD = "tulip-in-march"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def register(peer: Peer, name: str, files: dict[str, bytes], **named: str) -> str:
    """Logs a run with files and named values, and registers its model."""
    source = peer.folder / "scratch" / name
    (source / "model").mkdir(parents=True)
    (source / "model" / "weights.bin").write_bytes(name.encode() * 900)
    with start_run(MODEL, name=name, store=peer.store) as run:
        log_artifact(source / "model", "model")
        for path, content in files.items():
            target = source / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            log_artifact(target, str(Path(path).parent).replace(".", "extra"))
        for key, value in named.items():
            (set_tag if key.startswith("tag_") else log_param)(key, value)
    peer.at.runs.refresh()
    Registering(peer.at, peer.registry).register(run.run_id, "model", MODEL)
    return run.run_id


def bytes_of(folder: Path) -> bytes:
    return b"".join(files_of(folder).values())


@pytest.mark.parametrize(
    ("files", "named", "place", "rule"),
    [
        ({}, {"db_password": PASSWORD}, "param db_password", "named-password"),
        ({}, {"tag_note": f"see {AWS_KEY}"}, "tag tag_note", "aws-access-key"),
        ({"notes/env.txt": f"A=1\nTOKEN={TOKEN}\n".encode()}, {}, "line 2", "jwt"),
        ({"notes/change.diff": f"+++ b/key\n+{SSH_KEY}".encode()}, {}, "line 2", "private-key"),
        ({"notes/work.ipynb": json.dumps({"cells": [AWS_KEY]}).encode()}, {}, "line 1",
         "aws-access-key"),
        ({"notes/wide.txt": f"key {AWS_KEY}".encode("utf-16")}, {}, "line 1", "aws-access-key"),
        ({"notes/long.log": b"loss 0.1\n" * 300_000 + AWS_KEY.encode()}, {}, "line 300001",
         "aws-access-key"),
    ],
    ids=["param", "tag", "environment", "diff", "notebook", "utf-16", "deep in a log"],
)  # fmt: skip
def test_43_secrets_pushed_in_params_env_and_artifacts(team, files, named, place, rule):
    ada, ben = team.peers
    register(ada, "leaky", files, **named)
    with pytest.raises(SecretsFound) as caught:
        ada.push()
    assert caught.value.code == "E-SECRET"
    (finding,) = caught.value.findings
    assert (finding.place, finding.rule) == (place, rule)
    assert "run leaky of churn" in finding.owner
    assert not any(path.startswith(("obj/", "log/")) for path in files_of(team.share))
    assert ben.pull().new.events == 0
    for secret in (PASSWORD, AWS_KEY, TOKEN):
        assert secret not in str(caught.value.details) + caught.value.title


def test_arguments_of_the_script_are_looked_at(team, monkeypatch):
    # Whoever wrote the run may have kept its arguments as they are; our SDK masks them.
    monkeypatch.setattr(source, "masked_arguments", lambda arguments: arguments)
    monkeypatch.setattr(sys, "argv", ["train.py", "--rate", "0.1", f"--password={PASSWORD}"])
    ada, _ = team.peers
    register(ada, "by-hand", {})
    with pytest.raises(SecretsFound) as caught:
        ada.push()
    (finding,) = caught.value.findings
    assert (finding.path, finding.place) == ("run.json", "captured argv")


def test_what_a_script_was_given_as_a_password_is_masked_where_it_is_kept(team, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--rate", "0.1", f"--password={PASSWORD}"])
    ada, _ = team.peers
    register(ada, "by-hand", {})
    ada.push()
    kept = [path.read_bytes() for path in ada.folder.rglob("run.json")]
    assert [data for data in kept if b"--rate" in data]
    assert not [data for data in kept if PASSWORD.encode() in data]


def test_an_override_is_signed_and_lets_that_one_place_through_everywhere(team):
    ada, ben = team.peers
    register(ada, "leaky", {}, db_password=PASSWORD)
    (dry,) = ada.exchange.push("share", is_dry=True)
    assert not dry.is_clean
    assert [found.allowed_by for found in dry.secrets] == [""]
    secrets = Secrets(ada.at)
    secrets.allow(dry.secrets, kind="test-value", reason="opens only the sandbox")
    before = len(ada.at.snapshot().chains.by_writer[ada.writer])
    secrets.allow(dry.secrets, kind="test-value", reason="said already")
    assert len(ada.at.snapshot().chains.by_writer[ada.writer]) == before
    pushed = ada.push()
    assert pushed.is_clean
    assert [found.allowed_by for found in pushed.secrets] == ["Ada"]
    ben.pull()
    assert ben.digest == ada.digest
    (told,) = Secrets(ben.at).overrides()
    assert (told.who, told.kind, told.reason) == ("Ada", "test-value", "opens only the sandbox")
    assert (told.place, told.rule) == ("param db_password", "named-password")
    # Ben carries it on without being asked again.
    ben.add_remote(team.root / "stick", "stick")
    assert ben.push("stick").is_clean
    # Another run with the same password is another place.
    register(ada, "again", {}, db_password=PASSWORD)
    with pytest.raises(SecretsFound):
        ada.push()


def test_an_override_holds_nothing_of_the_secret(team):
    ada, _ = team.peers
    register(ada, "leaky", {}, db_password=PASSWORD)
    (dry,) = ada.exchange.push("share", is_dry=True)
    Secrets(ada.at).allow(dry.secrets, kind="false-positive", reason="a flower")
    ledger = bytes_of(ada.store / "ledger")
    assert PASSWORD.encode() not in ledger
    assert PASSWORD.encode() not in bytes_of(ada.store / "cache")


def test_an_override_of_somebody_who_may_not_log_counts_for_nothing(team):
    ada, _ = team.peers
    ada.push()
    vic = Peer(team.root / "vic", "Vic")
    join(ada, vic, "viewer")
    vic.add_remote(team.share)
    ada.push()
    vic.pull()
    register(ada, "leaky", {}, db_password=PASSWORD)
    (dry,) = ada.exchange.push("share", is_dry=True)
    with pytest.raises(Refused) as caught:
        Secrets(vic.at).allow(dry.secrets, kind="accepted", reason="I say so")
    assert caught.value.code == "E-CAP"
    vic.push()
    ada.pull()
    vic.close()
    with pytest.raises(SecretsFound):
        ada.push()


def test_more_secrets_than_can_be_shown_stay_here_whatever_somebody_signs(team):
    ada, _ = team.peers
    many = "\n".join([AWS_KEY] * 51).encode()
    register(ada, "leaky", {"notes/many.txt": many})
    (dry,) = ada.exchange.push("share", is_dry=True)
    *shown, rest = dry.secrets
    assert (len(shown), rest.rule, rest.is_allowable) == (50, "too-many", False)
    secrets = Secrets(ada.at)
    with pytest.raises(BadInput) as caught:
        secrets.allow(dry.secrets, kind="accepted", reason="all of them")
    assert caught.value.code == "E-SECRET"
    secrets.allow(shown, kind="accepted", reason="these fifty")
    # Somebody signs by hand what the command refuses.
    body = {"object": rest.object, "path": rest.path, "place": rest.place, "rule": rest.rule,
            "kind": "accepted", "reason": "the others too"}  # fmt: skip
    ada.at.sign("secret.override", body)
    with pytest.raises(SecretsFound) as stopped:
        ada.push()
    assert [found.rule for found in stopped.value.findings] == ["too-many"]
    assert AWS_KEY.encode() not in bytes_of(team.share)


def test_two_keys_in_one_line_are_let_through_as_two(team):
    ada, _ = team.peers
    register(ada, "leaky", {"notes/line.json": f'["{AWS_KEY}", "{AWS_KEY}"]'.encode()})
    (finding,) = Secrets(ada.at).found()
    assert finding.place == "line 1, 2 times"


def test_reasons_kinds_and_ids_are_asked_for(team):
    ada, _ = team.peers
    register(ada, "leaky", {}, db_password=PASSWORD)
    secrets = Secrets(ada.at)
    (finding,) = secrets.found()
    assert secrets.named([finding.id[:6]]) == [finding]
    for wrong in ("", "zz", "ffffffffffff"):
        with pytest.raises(BadInput, match="names no finding"):
            secrets.named([wrong])
    for kind, reason, code in (("accepted", "  ", "E-REASON"), ("whatever", "why", "E-USAGE")):
        with pytest.raises(BadInput) as caught:
            secrets.allow([finding], kind=kind, reason=reason)
        assert caught.value.code == code


def test_what_is_no_text_is_not_read_and_what_is_clean_goes(team):
    ada, ben = team.peers
    packed = gzip.compress(AWS_KEY.encode())
    register(ada, "clean", {"notes/packed.gz": packed, "notes/a.csv": b"a,b\n1,2\n" * 50_000})
    assert ada.push().is_clean
    ben.pull()
    assert ben.digest == ada.digest


def test_a_secret_in_a_comment_is_not_even_signed(team):
    ada, _ = team.peers
    register(ada, "clean", {})
    before = len(ada.at.snapshot().chains.by_writer[ada.writer])
    with pytest.raises(Refused) as caught:
        ada.at.sign("stage.comment", {"request": "0" * 64, "text": f"use {AWS_KEY} for that"})
    assert caught.value.code == "E-SECRET"
    assert AWS_KEY not in caught.value.title
    assert len(ada.at.snapshot().chains.by_writer[ada.writer]) == before


def test_bundles_and_audit_packages_stop_as_a_push_does(team, tmp_path):
    ada, _ = team.peers
    register(ada, "leaky", {}, db_password=PASSWORD)
    bundles = Bundles(ada.at)
    evidence = Evidence(ada.at, ada.registry)
    for make, target in (
        (bundles.create, tmp_path / "out.strongbundle"),
        (lambda path: evidence.export(f"{MODEL}/1", path), tmp_path / "package"),
    ):
        with pytest.raises(SecretsFound):
            make(target)
        assert not target.exists()
    secrets = Secrets(ada.at)
    secrets.allow(secrets.found(), kind="test-value", reason="a flower")
    bundles.create(tmp_path / "out.strongbundle")
    assert evidence.export(f"{MODEL}/1", tmp_path / "package").path.is_dir()


def test_a_dry_run_tells_of_runs_that_would_be_signed_first(team):
    ada, _ = team.peers
    with start_run(MODEL, name="unsigned", store=ada.store) as run:
        log_param("db_password", PASSWORD)
    ada.at.runs.refresh()
    chosen = Selection(runs=(run.run_id,))
    before = list(ada.at.snapshot().chains.events())
    (dry,) = ada.exchange.push("share", selection=chosen, is_dry=True)
    (finding,) = dry.secrets
    assert finding.place == "param db_password"
    assert list(ada.at.snapshot().chains.events()) == before
    with pytest.raises(SecretsFound):
        ada.exchange.push("share", selection=chosen)


def test_content_is_read_once_and_again_when_the_memory_is_gone(team):
    ada, _ = team.peers
    register(ada, "leaky", {}, db_password=PASSWORD)
    secrets = Secrets(ada.at)
    first = secrets.found()
    (memory,) = (ada.store / "cache").glob("secrets-*.json")
    told = memory.read_bytes()
    assert secrets.found() == first
    assert memory.read_bytes() == told
    for damage in (b"", b"[1]", told[:40], b'{"x":[["a","no-such-rule","c"]]}'):
        memory.write_bytes(damage)
        assert secrets.found() == first


def test_commands_list_allow_and_tell(team, capsys, monkeypatch):
    ada, _ = team.peers
    register(ada, "leaky", {}, db_password=PASSWORD)
    monkeypatch.setenv("STRONGROOM_HOME", str(ada.home))

    def type_(*words: str) -> tuple[int, dict]:
        code = run_command([*words, "--json", "--store", str(ada.store)], lambda _: 0)
        return code, json.loads(capsys.readouterr().out)

    code, said = type_("remote", "push", "share")
    assert (code, said["error"]["code"]) == (3, "E-SECRET")
    assert "param db_password" in said["error"]["details"][0]
    code, said = type_("secrets", "list")
    assert (code, said["blocking"]) == (1, 1)
    code, said = type_("remote", "push", "share", "--dry-run")
    assert code == 1
    assert said["secrets"][0]["place"] == "param db_password"
    assert PASSWORD not in json.dumps(said)

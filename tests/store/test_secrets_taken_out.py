# SPDX-License-Identifier: Apache-2.0
"""Secrets stop everything that is taken out by hand, as they stop a push: row 43 of the threats."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom.cli.root import run as run_command
from strongroom.domain.clock import FixedClock
from strongroom.domain.secret import SecretFinding, SecretsFound
from strongroom.sdk.fluent import log_artifact, log_metric, log_param, set_tag, start_run
from strongroom.services.artifacts import Artifacts
from strongroom.services.handover import Handover
from strongroom.services.outgoing import Outgoing, on_record
from strongroom.services.registering import Registering
from strongroom.services.run_export import RunExport
from strongroom.services.runs import open_runs
from strongroom.services.secrets import Secrets
from support.peers import MODEL, Peer, Team, files_of

AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
SSH_KEY = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
PASSWORD = "tulip-in-march"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def log(peer: Peer, name: str, files: dict[str, bytes], **params: str) -> str:
    """Logs a finished run with a model of some files; returns its id."""
    source = peer.folder / "scratch" / name / "model"
    source.mkdir(parents=True)
    for path, content in {"weights.bin": name.encode() * 900, **files}.items():
        (source / path).write_bytes(content)
    with start_run(MODEL, name=name, store=peer.store) as run:
        log_artifact(source, "model")
        log_metric("auc", 0.9, 1)
        for key, value in params.items():
            log_param(key, value)
    peer.at.runs.refresh()
    return run.run_id


def outgoing(peer: Peer) -> Outgoing:
    return Outgoing(peer.at.runs, on_record(peer.at))


def stopped(act: Callable[[], object], target: Path) -> tuple[SecretFinding, ...]:
    """Tries to take something out, finds it refused and nothing written; returns what was found."""
    with pytest.raises(SecretsFound) as caught:
        act()
    assert caught.value.code == "E-SECRET"
    assert not target.exists()
    assert PASSWORD not in str(caught.value) + "".join(caught.value.details)
    return caught.value.findings


def let_out(peer: Peer, findings: tuple[SecretFinding, ...]) -> None:
    """Lets findings through as a person does, by the ids that the refusal shows."""
    secrets = Secrets(peer.at)
    named = secrets.named([finding.id for finding in findings])
    secrets.allow(named, kind="test-value", reason="the name of a flower")


def test_43_a_password_in_a_param_does_not_leave_in_an_exported_run(team: Team) -> None:
    ada, target = team.peers[0], team.root / "out"
    log(ada, "leaky", {}, db_password=PASSWORD)
    clean = log(ada, "clean", {})
    exporting = RunExport(ada.at.runs, outgoing(ada))
    found = stopped(lambda: exporting.export(["clean", "leaky"], target), target)
    assert {finding.place for finding in found} == {"param db_password"}
    assert {finding.owner for finding in found} == {f"run leaky of {MODEL}"}
    assert exporting.export(["clean"], target) == (target / clean,)
    let_out(ada, found)
    assert exporting.export(["leaky"], target)[0].is_dir()
    assert exporting.export(["leaky"], team.root / "again")[0].is_dir(), "an override holds on"


def test_43_a_key_in_a_text_file_does_not_leave_as_an_artifact(team: Team) -> None:
    ada, target = team.peers[0], team.root / "out"
    log(ada, "leaky", {"id_rsa": SSH_KEY.encode(), "card.md": b"# fine"})
    artifacts = Artifacts(ada.at.runs, outgoing(ada))
    saved = team.root / "id_rsa"
    found = stopped(lambda: artifacts.get("leaky", "model", target), target)
    assert stopped(lambda: artifacts.save("leaky", "model/id_rsa", saved), saved) == found
    artifacts.save("leaky", "model/card.md", team.root / "card.md")
    assert (team.root / "card.md").read_bytes() == b"# fine"
    let_out(ada, found)
    artifacts.save("leaky", "model/id_rsa", saved)
    assert saved.read_bytes() == SSH_KEY.encode()
    assert len(artifacts.get("leaky", "model", target)) == 3


def test_43_a_model_that_is_handed_over_is_held_to_the_override_of_its_push(team: Team) -> None:
    ada, target = team.peers[0], team.root / "out"
    run = log(ada, "leaky", {"config.yaml": f"aws_key: {AWS_KEY}\n".encode()})
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    handover = Handover(ada.at, ada.registry)
    version = stopped(lambda: handover.get(f"models:/{MODEL}/1", target), target)
    found = stopped(lambda: handover.get(f"runs:/{run}/model", target), target)
    for told in (version, found):
        assert [finding.path.rpartition("/")[2] for finding in told] == ["config.yaml"]
    with pytest.raises(SecretsFound) as caught:
        ada.push()
    assert [each.key for each in caught.value.findings] == [each.key for each in found]
    let_out(ada, caught.value.findings)  # once, on record, for every way out
    assert handover.get(f"models:/{MODEL}/1", target)["files"]
    assert handover.get(f"runs:/{run}/model", team.root / "other")["files"]
    assert ada.push().pushed.objects


@pytest.mark.parametrize("is_removed", [False, True])
def test_43_a_tag_set_after_the_run_ended_does_not_leave_either(
    team: Team, is_removed: bool
) -> None:
    """What was taken back still stands in the journal that travels with the folder."""
    ada, target = team.peers[0], team.root / "out"
    log(ada, "tagged", {})
    exporting = RunExport(ada.at.runs, outgoing(ada))
    ada.at.runs.tag(["tagged"], "api_key", AWS_KEY)
    if is_removed:
        ada.at.runs.tag(["tagged"], "api_key", None)
    found = stopped(lambda: exporting.export(["tagged"], target), target)
    assert [finding.path for finding in found] == ["journal"]
    let_out(ada, found)
    (copy,) = exporting.export(["tagged"], target)
    assert AWS_KEY.encode() in b"".join(files_of(copy).values()), "it was there to be found"
    ada.at.runs.note("tagged", f"use {AWS_KEY} for that")
    stopped(lambda: exporting.export(["tagged"], team.root / "more"), team.root / "more")


def test_43_what_a_run_that_has_not_ended_told_so_far_does_not_leave(team: Team) -> None:
    ada, target = team.peers[0], team.root / "out"
    with start_run(MODEL, name="going", store=ada.store):
        set_tag("db_password", PASSWORD)
        ada.at.runs.refresh()
        exporting = RunExport(ada.at.runs, outgoing(ada))
        (finding,) = stopped(lambda: exporting.export(["going"], target), target)
        assert (finding.place, finding.path) == ("tag db_password", "journal")


def test_without_a_team_there_is_no_record_and_the_way_to_one_is_told(tmp_path: Path) -> None:
    runs = open_runs(tmp_path / "store", FixedClock(1_795_420_000_000_000), os.urandom)
    with start_run(MODEL, name="lone", store=tmp_path / "store"):
        log_param("db_password", PASSWORD)
    runs.refresh()
    with pytest.raises(SecretsFound) as caught:
        RunExport(runs).export(["lone"], tmp_path / "out")
    assert "strongroom team create" in caught.value.advice
    assert "secrets allow" not in caught.value.advice
    assert not (tmp_path / "out").exists()
    runs.catalog.close()


def test_43_a_table_with_a_secret_in_it_is_not_saved_until_its_runs_may_show_it(
    team: Team,
) -> None:
    ada = team.peers[0]
    run = log(ada, "leaky", {}, db_password=PASSWORD, depth="6")
    check = outgoing(ada).check_table
    upright = (
        ("section", "field", f"leaky ({run[:8]})"),
        ("Parameters", "depth", "6"),
        ("Parameters", "db_password", PASSWORD),
    )
    turned = (("run", "run_id", "params.db_password"), ("leaky", run, PASSWORD))
    nowhere = team.root / "nowhere"
    stopped(lambda: check(upright, "comparison.csv"), nowhere)
    found = stopped(lambda: check(turned, "comparison.csv"), nowhere)
    check(upright[:2], "comparison.csv")
    check((("run", "run_id", "metrics.auc"), ("leaky", run, "0.9")), "points.csv")
    let_out(ada, found)
    check(turned, "comparison.csv")


def test_commands_that_take_something_out_stop_and_name_what_to_do(
    team: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, out = team.peers[0], team.root / "out"
    run = log(ada, "leaky", {"id_rsa": SSH_KEY.encode()})
    monkeypatch.setenv("STRONGROOM_HOME", str(ada.home))

    def type_(*words: str) -> tuple[int, Any]:
        code = run_command([*words, "--json", "--store", str(ada.store)], lambda _: 0)
        return code, json.loads(capsys.readouterr().out)

    ids: set[str] = set()
    for words in (
        ("runs", "export", "leaky"),
        ("artifacts", "get", "leaky", "model"),
        ("models", "get", f"runs:/{run}/model"),
    ):
        code, said = type_(*words, "-o", str(out))
        assert (code, said["error"]["code"]) == (3, "E-SECRET"), words
        assert not out.exists()
        ids |= {line.split()[0] for line in said["error"]["details"]}
    (id_,) = ids
    secrets = Secrets(ada.at)  # whose key no command of this test can open
    secrets.allow(secrets.named([id_]), kind="test-value", reason="an example")
    assert type_("runs", "export", "leaky", "-o", str(out))[0] == 0
    assert (out / run / "sealed.json").is_file()

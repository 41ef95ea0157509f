# SPDX-License-Identifier: Apache-2.0
"""The commands of exchange: one JSON document, the exit codes of the manual, nothing lost."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom.cli.root import run
from strongroom.services.registering import Registering
from support.peers import MODEL, Peer, Team, files_of, flip


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1 and pushed nothing yet."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


class Terminal:
    """Types commands as one of the peers."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._patch = capsys, monkeypatch
        # the peers keep their keys in memory, and have the same names in each test
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    def __call__(self, peer: Peer, *words: object) -> tuple[int, Any]:
        self._patch.setenv("STRONGROOM_HOME", str(peer.home))
        arguments = [str(word) for word in words]
        code = run([*arguments, "--json", "--store", str(peer.store)], lambda _: 0)
        said = self._capsys.readouterr().out
        return code, json.loads(said)

    def text(self, peer: Peer, *words: object) -> tuple[int, str]:
        self._patch.setenv("STRONGROOM_HOME", str(peer.home))
        code = run([*map(str, words), "--store", str(peer.store)], lambda _: 0)
        captured = self._capsys.readouterr()
        return code, captured.out + captured.err


@pytest.fixture
def type_(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


def test_push_pull_and_sync_print_what_the_format_says(stocked: Team, type_: Terminal) -> None:
    ada, ben = stocked.peers
    code, pushed = type_(ada, "remote", "push", "share")
    assert code == 0
    assert {"remote", "new", "same", "waiting", "rejected", "conflicts"} <= set(pushed)
    assert set(pushed["new"]) == {"trust", "events", "manifests", "objects", "bytes"}
    assert pushed["remote"] == "share"
    code, dry = type_(ben, "remote", "sync", "share", "--dry-run")
    assert code == 0
    code, synced = type_(ben, "remote", "sync")
    assert code == 0
    assert synced["new"] == dry["new"] == pushed["new"]
    code, again = type_(ben, "remote", "sync")
    assert code == 0
    assert set(again["new"].values()) == {0}
    code, listed = type_(ben, "remote", "list")
    assert code == 0
    (entry,) = listed["remotes"]
    assert entry["name"] == "share"
    assert entry["pulled"] > ""
    code, check = type_(ben, "remote", "verify", "share", "--read-data")
    assert (code, check["ok"]) == (0, True)
    code, text = type_.text(ben, "remote", "pull", "share")
    assert code == 0
    assert "nothing new" in text


def test_something_rejected_is_exit_code_1_and_everything_good_is_in(
    stocked: Team, type_: Terminal
) -> None:
    ada, ben = stocked.peers
    ada.push()
    log = stocked.share / "log" / ada.writer[:2] / ada.writer
    (log / f"{7:010d}-{9:010d}.{'a' * 16}.seg").write_bytes(b"not a log\n")
    code, pulled = type_(ben, "remote", "pull", "share")
    assert code == 1
    assert [trouble["code"] for trouble in pulled["rejected"]] == ["E-HASH"]
    assert ben.digest == ada.digest
    code, listed = type_(ben, "quarantine", "list")
    assert code == 0
    (item,) = listed["items"]
    assert set(item) >= {"id", "code", "path", "from", "time"}
    code, shown = type_(ben, "quarantine", "show", item["id"][:12])
    assert (code, shown["text"]) == (0, "not a log\n")
    code, retried = type_(ben, "quarantine", "retry", item["id"])
    assert (code, retried["taken"]) == (1, False)
    code, _ = type_(ben, "quarantine", "drop", item["id"])
    assert code == 0
    assert type_(ben, "quarantine", "list")[1] == {"items": []}
    assert type_(ben, "quarantine", "show", item["id"])[0] == 2
    code, check = type_(ben, "remote", "verify", "share")
    assert code == 1
    assert [finding["code"] for finding in check["findings"]] == ["E-HASH"]


def test_the_refusals_have_their_exit_codes(team: Team, tmp_path: Path, type_: Terminal) -> None:
    ada = team.peers[0]
    eve = Peer(tmp_path / "eve", "Eve")
    assert type_(eve, "remote", "add", "share", team.share)[0] == 0
    code, refused = type_(eve, "remote", "pull", "share")
    assert (code, refused["error"]["code"]) == (3, "E-TEAM")
    assert "team trust" in refused["error"]["advice"]
    eve.people.create_team("Others")
    code, refused = type_(eve, "remote", "add", "share", team.share)
    assert (code, refused["error"]["code"]) == (1, "E-TEAM")
    code, refused = type_(eve, "remote", "add", "home", tmp_path)
    assert (code, refused["error"]["code"]) == (2, "E-REMOTE")
    code, refused = type_(eve, "remote", "push")
    assert (code, refused["error"]["code"]) == (1, "E-TEAM")
    code, refused = type_(eve, "remote", "push", "nowhere")
    assert (code, refused["error"]["code"]) == (2, "E-REMOTE")
    shutil.rmtree(team.share)
    code, refused = type_(ada, "remote", "pull", "share")
    assert (code, refused["error"]["code"]) == (4, "E-SHARE")
    eve.close()


def test_what_waited_in_quarantine_is_taken_in_when_its_time_has_come(
    team: Team, type_: Terminal
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.pull()
    event = ada.say(1)
    raw = ada.at.snapshot().raw[event.id]
    item = ben.at.quarantine.keep(
        raw, code="E-CHAIN", origin="test", path="log", reason="too early", now_us=1
    )
    assert ben.digest == ada.digest
    code, retried = type_(ben, "quarantine", "retry", item)
    assert (code, retried["taken"]) == (0, True)
    assert event.id in ben.at.snapshot().raw
    assert ben.exchange.quarantined() == ()


def test_run_folders_are_imported_whole_and_once(
    team: Team, tmp_path: Path, type_: Terminal
) -> None:
    ada, ben = team.peers
    run_id = ada.train("carried")
    damaged = ada.train("damaged", data={"weights.bin": b"w" * 3000})
    stick = tmp_path / "stick"
    shutil.copytree(ada.store / "runs", stick)
    (stick / "notes.txt").write_text("not a run")
    flip(next((next(stick.rglob(damaged))).glob("*.pack")))
    code, dry = type_(ben, "import", "runs", stick, "--dry-run")
    assert code == 1
    assert not list((ben.store / "runs").rglob("run.json"))
    code, taken = type_(ben, "import", "runs", stick)
    assert code == 1
    assert {item["key"]: item["result"] for item in taken["items"]} == {
        run_id: "new", damaged: "rejected",
    }  # fmt: skip
    assert taken["items"] == dry["items"]
    assert [trouble["code"] for trouble in taken["rejected"]] == ["E-HASH"]
    assert ben.problems() == []
    assert ben.at.runs.show("carried").run.params == {"depth": "6"}
    assert files_of(ben.at.runs.run_folder(run_id)) == files_of(ada.at.runs.run_folder(run_id))
    code, again = type_(ben, "import", "runs", next(stick.rglob(run_id)))
    assert (code, again["same"]) == (0, 1)
    assert again["new"]["objects"] == 0
    other = ben.at.runs.run_folder(run_id) / "sealed.json"
    before = other.read_bytes()
    theirs = next(stick.rglob(run_id))
    (theirs / "sealed.json").unlink()
    code, conflict = type_(ben, "import", "runs", theirs)
    assert [trouble["code"] for trouble in conflict["conflicts"] + conflict["rejected"]]
    assert other.read_bytes() == before
    code, refused = type_(ben, "import", "runs", tmp_path / "nothing")
    assert (code, refused["error"]["code"]) == (4, "E-SHARE")


def test_a_run_imported_from_a_stick_can_be_registered_and_pushed_back(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.pull()
    run_id = ada.train("carried")
    ben.exchange.import_runs(ada.store / "runs")
    Registering(ben.at, ben.registry).register(run_id, "model", MODEL)
    ben.push()
    pulled = ada.pull()
    assert pulled.is_clean
    assert not pulled.conflicts, "the run is the same one"
    assert ada.has_content()


def test_a_paused_remote_is_left_out_by_command_until_it_is_resumed(
    team: Team, type_: Terminal
) -> None:
    ada, ben = team.peers
    ada.push()
    code, paused = type_(ben, "remote", "pause", "share")
    assert (code, paused["paused"]) == (0, True)
    code, _ = type_(ben, "remote", "pull")
    assert code == 0
    assert not ben.at.has_team()
    type_(ben, "remote", "resume", "share")
    type_(ben, "remote", "pull")
    assert ben.digest == ada.digest
    assert type_(ben, "remote", "pause", "nowhere")[0] == 2


def test_the_reports_of_imports_are_listed_saved_and_checked_by_command(
    stocked: Team, type_: Terminal, tmp_path: Path
) -> None:
    ada, ben = stocked.peers
    ada.push()
    type_(ben, "remote", "pull")
    code, listed = type_(ben, "import", "list")
    (record,) = listed["imports"]
    assert (code, record["source"], record["state"], record["rejected"]) == (0, "share", "done", 0)
    assert record["new"]["objects"] > 0
    text, signed = tmp_path / "report.txt", tmp_path / "report.json"
    assert type_(ben, "import", "report", record["id"], "-o", text) == (
        0, {"path": str(text), "signed": False}
    )  # fmt: skip
    assert "churn/1" in text.read_text(encoding="utf-8")
    ben.exchange.reports.save(ben.exchange.reports.show(record["id"]), signed)
    code, said = type_(ada, "import", "check", signed)
    assert (code, said["signer"], said["member"]) == (0, "Ben", True)
    assert said["report"]["id"] == record["id"]
    flip(signed)
    code, said = type_(ada, "import", "check", signed)
    assert code == 1
    assert said["error"]["code"] in {"E-CANON", "E-SIG", "E-HASH"}

# SPDX-License-Identifier: Apache-2.0
"""The main job by the command line alone: three people, two stores, one folder between them."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from strongroom.domain.artifact import ArtifactFile, tree_digest
from support.command_line import Workplace, change_one_byte, workplace
from support.keyring_session import is_possible, keyring_session
from support.no_internet import isolated


@dataclass(frozen=True)
class Story:
    """Who is where, and what the commands answered on the way."""

    root: Path
    anna: Workplace
    ben: Workplace
    carla: Workplace
    team: str
    told: dict[str, Any]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Ben's model is requested here, carried, approved by Carla there, and carried back."""
    root = tmp_path_factory.mktemp("story")
    anna, ben, carla = (
        workplace(root, person, store)
        for person, store in (("anna", "north"), ("ben", "north"), ("carla", "south"))
    )
    told: dict[str, Any] = {}
    run = ben.train("one", "a", root / "model-one")  # before any team or key: alone first
    for person, place in (("Anna", anna), ("Ben", ben), ("Carla", carla)):
        told[f"identity {person}"] = place.ask("identity", "create", "--name", person)
    team = anna.ask("team", "create", "Fraud ML")["team"]
    for person, place, role in (("ben", ben, "analyst"), ("carla", carla, "release-approver")):
        request = root / f"{person}.enrol.json"
        read_out = place.ask("identity", "request", request)["fingerprint"]
        told[f"admit {person}"] = anna.ask(
            "people", "admit", request, "--role", role, "--fingerprint", read_out
        )
    told["policy"] = anna.ask("policy", "show")

    ben.ask("team", "trust", team)
    told["register"] = ben.ask("models", "register", run, "model", "churn")
    told["request"] = ben.ask(
        "transition", "request", "churn/1", "Production", "--reason", "Better on March."
    )
    told["own approve"] = ben.refused("transition", "approve", told["request"]["id"], code=3)
    told["get too early"] = ben.refused(
        *("models", "get", "models:/churn/1", "-o", root / "too-early", "--require", "Production"),
        code=1,
    )

    share = root / "share"
    share.mkdir()
    ben.ask("remote", "add", "stick", share)
    told["push"] = ben.ask("remote", "push", "stick")
    carla.ask("remote", "add", "stick", share)
    told["pull without a pin"] = carla.refused("remote", "pull", "stick", code=3)
    carla.ask("team", "trust", team)
    told["pull"] = carla.ask("remote", "pull", "stick")
    told["before"] = [place.ask("registry", "state") for place in (ben, carla)]
    told["waiting"] = carla.ask("transition", "list", "--mine")["requests"]
    told["case"] = carla.ask("transition", "show", told["request"]["id"][:16])
    told["approve"] = carla.ask(
        "transition", "approve", told["request"]["id"], "--comment", "Looked at it."
    )
    carla.ask("remote", "push", "stick")
    told["pull back"] = ben.ask("remote", "pull", "stick")
    told["after"] = [place.ask("registry", "state") for place in (ben, carla)]
    return Story(root, anna, ben, carla, team, told)


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Story:
    """The same people at copies of their stores, to be damaged."""
    shutil.copytree(story.root / "stores", tmp_path / "stores")
    shutil.copytree(story.root / "homes", tmp_path / "homes")

    def moved(place: Workplace) -> Workplace:
        return replace(
            place,
            home=tmp_path / "homes" / place.home.name,
            store=tmp_path / "stores" / place.store.name,
        )

    return replace(
        story, anna=moved(story.anna), ben=moved(story.ben), carla=moved(story.carla), root=tmp_path
    )


def test_enrolment_gives_the_roles_that_were_named(story):
    assert story.told["admit ben"]["role"] == "analyst"
    assert story.told["admit carla"]["trust"] == {"version": 3}
    people = story.anna.ask("team", "show")["people"]
    assert {each["name"]: each["role"] for each in people} == {
        "Anna": "founder",
        "Ben": "analyst",
        "Carla": "release-approver",
    }


def test_what_policy_show_prints_policy_set_reads(story, copy):
    policies = story.told["policy"]
    policies["churn*"] = {"production": {**policies["*"]["production"], "need": 2}}
    file = copy.root / "policies.json"
    file.write_text(json.dumps(policies))
    assert copy.anna.ask("policy", "set", file)["trust"] == {"version": 4}
    assert copy.anna.ask("policy", "show") == policies


def test_the_one_who_asks_cannot_approve(story):
    assert story.told["own approve"] == "E-SELF"
    assert story.told["request"]["status"] == "pending"


def test_an_unapproved_version_is_not_handed_over(story):
    assert story.told["get too early"] == "E-QUORUM"
    assert not (story.root / "too-early").exists()


def test_nothing_is_pulled_before_a_team_is_trusted(story):
    assert story.told["pull without a pin"] == "E-TEAM"


def test_two_stores_with_the_same_events_have_the_same_digest(story):
    for here, there in (story.told["before"], story.told["after"]):
        assert here["digest"] == there["digest"]
    assert story.told["before"][0]["digest"] != story.told["after"][0]["digest"]


def test_an_approval_on_one_workstation_moves_the_stage_on_both(story):
    assert story.told["approve"]["status"] == "effective"
    assert story.told["approve"]["request"] == story.told["request"]["request"]
    for state in story.told["after"]:
        (model,) = state["models"]
        assert [each["stage"] for each in model["versions"]] == ["Production"]


def test_the_approver_sees_what_is_asked_before_signing(story):
    (waiting,) = story.told["waiting"]
    assert waiting["waits_for_me"]
    assert waiting["requester"] == "Ben"
    case = story.told["case"]
    assert case["may_approve"]
    assert case["tree"] == story.told["register"]["tree"]
    assert "churn v1 becomes Production" in case["statement"]


@pytest.mark.parametrize("person", ["ben", "carla"])
def test_the_approved_version_is_handed_over_with_a_receipt(story, person, tmp_path):
    place = getattr(story, person)
    target = tmp_path / "handed"
    said = place.ask(
        "models", "get", "models:/churn/Production", "-o", target, "--require", "Production"
    )
    receipt = json.loads((target / "receipt.json").read_text())
    assert receipt == said
    assert receipt["approved"]
    assert [each["name"] for each in receipt["approvals"]] == ["Carla"]
    assert receipt["tree"] == story.told["register"]["tree"] == tree_of(target)


def test_another_version_is_not_covered_by_the_approval_of_the_first(copy):
    run = copy.ben.train("two", "b", copy.root / "model-two")
    assert copy.ben.ask("models", "register", run, "model", "churn")["version"] == 2
    target = copy.root / "second"
    get = ("models", "get", "models:/churn/2", "-o", target, "--require", "Production")
    assert copy.ben.refused(*get, code=1) == "E-QUORUM"
    assert not target.exists()


def test_an_altered_blob_is_not_handed_over(copy):
    whole, target = copy.root / "whole", copy.root / "altered"
    get = ("models", "get", "models:/churn/1", "-o", whole, "--require", "Production")
    copy.carla.ask(*get)
    digest = hashlib.sha256(largest(whole).read_bytes()).hexdigest()
    change_one_byte(copy.carla.store / "blobs" / digest[:2] / digest)
    get = ("models", "get", "models:/churn/1", "-o", target, "--require", "Production")
    assert copy.carla.refused(*get, code=1) == "E-HASH"
    assert not target.exists()


def test_verify_holds_on_both_stores(story):
    for place in (story.ben, story.carla):
        found = place.ask("verify")
        assert found["ok"]
        assert found["findings"] == []
        assert found["checked"]["events"] == 5
        assert found["checked"]["trust"] == 3
    assert story.carla.ask("verify")["checked"]["blobs"] > 0


ALTERED = [
    ("carla", "blobs/*/*", {"E-HASH"}),
    ("ben", "runs/*/*/metrics.parquet", {"E-HASH"}),
    ("ben", "ledger/log/*/*/*.seg", {"E-HASH"}),
    ("ben", "ledger/trust/*2*", {"E-CANON", "E-SIG", "E-HASH", "E-TRUST-SIG"}),
    ("carla", "ledger/man/*/*", {"E-HASH"}),
]


@pytest.mark.parametrize(
    ("person", "pattern", "codes"), ALTERED, ids=["blob", "parquet", "envelope", "trust", "man"]
)
def test_verify_names_the_file_of_one_changed_byte(copy, person, pattern, codes):
    place = getattr(copy, person)
    victim = max(place.store.glob(pattern), key=lambda path: (path.stat().st_size, path.name))
    change_one_byte(victim)
    found = place.ask("verify", code=1)
    named = {each["code"] for each in found["findings"] if victim.name in each["path"]}
    assert named & codes, found["findings"]


def test_28_a_stage_edited_in_the_index_is_found_and_rebuilt(copy):
    import sqlite3

    with sqlite3.connect(copy.ben.store / "catalog.sqlite3") as connection:
        changed = connection.execute(
            "UPDATE registry_version SET stage = 'Archived' WHERE stage = 'Production'"
        ).rowcount
    connection.close()
    assert changed == 1
    found = copy.ben.ask("verify", code=1)
    assert {each["code"] for each in found["findings"]} == {"E-DBDRIFT"}
    copy.ben.ask("rebuild")
    assert copy.ben.ask("verify")["ok"]


def test_an_audit_package_verifies_with_and_without_the_program(story, copy, tmp_path):
    package = tmp_path / "package"
    made = copy.anna.ask("audit", "export", "churn/1", "-o", package)
    assert made["team"] == story.team
    assert story.anna.type("audit", "verify", package, "--team", story.team).code == 0
    assert story.anna.type("audit", "verify", package, "--team", "0" * 64).code == 1
    (script,) = package.rglob("verify.py")
    alone = isolated(str(script), "--team", story.team)
    told = subprocess.run(alone, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Carla" in told.stdout
    change_one_byte(max(package.glob("data/log/*.jsonl"), key=lambda path: path.stat().st_size))
    assert story.anna.type("audit", "verify", package, "--team", story.team).code == 1


def test_the_log_tells_who_did_what(story):
    events = story.ben.ask("audit", "log")["events"]
    assert [(each["who"], each["type"]) for each in reversed(events)] == [
        ("Anna", "writer.hello"),
        ("Ben", "run.finish"),
        ("Ben", "version.register"),
        ("Ben", "stage.request"),
        ("Carla", "stage.approve"),
    ]
    history = story.ben.ask("models", "history", "churn")["history"]
    assert [(each["to"], each["approvers"]) for each in history] == [("Production", ["Carla"])]


def test_whoever_left_cannot_approve_any_more(copy):
    copy.anna.ask("people", "revoke", "Carla", "--reason", "left")
    share = copy.root / "other-share"
    share.mkdir()
    copy.anna.ask("remote", "add", "other", share)
    copy.anna.ask("remote", "push", "other")
    copy.carla.ask("remote", "add", "other", share)
    copy.carla.ask("remote", "pull", "other")
    run = copy.ben.train("two", "b", copy.root / "model-two")
    copy.ben.ask("models", "register", run, "model", "churn")
    asked = copy.ben.ask("transition", "request", "churn/2", "Production", "--reason", "Newer.")
    copy.anna.ask("remote", "push", "other")
    copy.carla.ask("remote", "pull", "other")
    assert copy.carla.refused("transition", "approve", asked["id"], code=3) == "E-CAP"


# ---------------------------------------------------------------- bad input


def test_a_store_that_cannot_be_written_is_an_environment_fault(story, tmp_path):
    taken = tmp_path / "a-file"
    taken.write_text("not a folder")
    place = replace(story.ben, store=taken)
    assert place.refused("runs", "search", code=4) in {"E-STORE", "E-SHARE"}
    if os.geteuid() != 0:  # root may write anywhere
        locked = tmp_path / "read-only"
        locked.mkdir(mode=0o500)
        place = replace(story.ben, store=locked / "store")
        assert place.refused("identity", "create", "--name", "Eve", code=4) == "E-STORE"


def test_a_filter_that_does_not_parse_says_where(story):
    error = story.ben.ask("runs", "search", "metrics.accuracy >> 1", code=2)["error"]
    assert error["code"] == "E-FILTER"
    assert any(character.isdigit() for character in error["title"] + error["advice"])


def test_a_folder_of_somebody_else_is_not_a_remote(story, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8")
    assert story.ben.refused("remote", "add", "photos", tmp_path, code=2) == "E-REMOTE"
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_changed_enrolment_request_is_refused(story, tmp_path):
    request = tmp_path / "eve.json"
    eve = workplace(tmp_path, "eve", "east")
    eve.ask("identity", "create", "--name", "Eve")
    told = eve.ask("identity", "request", request)["fingerprint"]
    assert story.anna.refused(
        *("people", "admit", request, "--role", "admin", "--fingerprint", told[:-1] + "x"), code=1
    )
    change_one_byte(request)
    story.anna.refused("people", "admit", request, "--role", "admin", code=1)
    assert len(story.anna.ask("people", "list")["people"]) == 3


def test_without_keychain_and_passphrase_no_key_is_made(tmp_path):
    bare = replace(workplace(tmp_path, "dora", "west"), passphrase_file=None)
    assert bare.refused("identity", "create", "--name", "Dora", code=4) == "E-LOCKED"
    assert bare.refused("identity", "show", code=3) == "E-CAP"


def test_a_passphrase_file_that_is_gone_is_named(tmp_path):
    place = replace(workplace(tmp_path, "dora", "west"), passphrase_file=tmp_path / "gone")
    error = place.ask("identity", "create", "--name", "Dora", code=4)["error"]
    assert error["code"] == "E-LOCKED"
    assert str(tmp_path / "gone") in error["advice"]


@pytest.mark.skipif(not is_possible(), reason="this machine has no gnome-keyring")
def test_with_a_real_keyring_a_key_needs_both_it_and_the_passphrase(tmp_path, monkeypatch):
    with keyring_session() as session:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session.address)  # to lock it from here
        dora = replace(workplace(tmp_path, "dora", "west", **session.environ()), kdf={})
        made = dora.ask("identity", "create", "--name", "Dora")
        assert made["protection"] == "keyring+passphrase"
        (key_file,) = dora.home.rglob("keys/**/*.json")
        cost = json.loads(key_file.read_text())["kdf"]
        assert (cost["m"], cost["t"], cost["p"]) == (65_536, 3, 4), "what a guess really costs"
        dora.ask("team", "create", "West")
        run = dora.train("one", "a", tmp_path / "model")
        dora.ask("models", "register", run, "model", "churn")
        stolen = replace(dora, variables={})
        assert stolen.refused("identity", "unlock", code=4) == "E-LOCKED"
        session.lock()
        asked = ("transition", "request", "churn/1", "Staging", "--reason", "Look.")
        assert dora.refused(*asked, code=4) == "E-LOCKED"
        assert dora.ask("transition", "list")["requests"] == []
        checks = {each["name"]: each for each in dora.ask("doctor", code=1)["checks"]}
        assert not checks["keychain"]["ok"]
        assert checks["keychain"]["advice"]
        assert dora.ask("runs", "search")["total"] == 1  # what was logged needs no key


@pytest.mark.skipif(not is_possible(), reason="this machine has no gnome-keyring")
def test_a_key_without_a_passphrase_says_that_approving_needs_one(tmp_path):
    with keyring_session() as session:
        dora = workplace(tmp_path, "dora", "west", **session.environ())
        bare = replace(dora, passphrase_file=None)
        said = bare.type("identity", "create", "--name", "Dora")
        assert said.code == 0
        assert "identity protect" in said.err
        assert dora.ask("identity", "protect")["protection"] == "keyring+passphrase"


def tree_of(folder: Path) -> str:
    """Returns the tree digest of what lies in a folder, the receipt aside."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "receipt.json"]
    return tree_digest(
        ArtifactFile(
            path=path.relative_to(folder).as_posix(),
            size_bytes=path.stat().st_size,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in files
    )


def largest(folder: Path) -> Path:
    """Returns the largest file below a folder."""
    return max(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda p: p.stat().st_size
    )

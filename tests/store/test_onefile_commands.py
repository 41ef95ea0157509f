# SPDX-License-Identifier: Apache-2.0
"""Bundles by the command line: two people on both ends of a road that leads one way."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.command_line import Workplace, change_one_byte, workplace


@dataclass(frozen=True)
class Road:
    """Who sends, who receives, who finds things, and what lies on the road."""

    anna: Workplace
    carla: Workplace
    finder: Workplace
    folder: Path
    run: str


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    root = tmp_path_factory.mktemp("road")
    anna, carla, finder = (
        workplace(root, person, person) for person in ("anna", "carla", "finder")
    )
    run = anna.train("one", "a", root / "model-one")
    for name, place in (("Anna", anna), ("Carla", carla), ("Finder", finder)):
        place.ask("identity", "create", "--name", name)
    team = anna.ask("team", "create", "Fraud ML")["team"]
    for place in (carla, finder):
        request = root / f"{place.store.name}.json"
        read_out = place.ask("identity", "request", request)["fingerprint"]
        words = ("--role", "analyst", "--fingerprint", read_out)
        anna.ask("people", "admit", request, *words)
        place.ask("team", "trust", team)
    anna.ask("models", "register", run, "model", "churn")
    folder = root / "road"
    folder.mkdir()
    return Road(anna=anna, carla=carla, finder=finder, folder=folder, run=run)


def test_a_version_goes_out_sealed_comes_in_and_its_receipt_comes_home(road: Road) -> None:
    file, receipt = road.folder / "one.strongbundle", road.folder / "one.receipt"
    made = road.anna.ask("bundle", "create", file, "--version", "churn/1", "--to", "Carla")
    assert made["to"] == ["Carla"]
    assert made["new"]["objects"] > 0
    assert road.finder.refused("bundle", "show", file, code=3) == "E-SEALED"
    shown = road.carla.ask("bundle", "show", file)
    assert (shown["maker"], shown["sealed"], shown["id"]) == ("Anna", True, made["id"])
    assert "churn/1" in shown["things"]
    assert road.carla.ask("bundle", "verify", file)["ok"]
    dry = road.carla.ask("bundle", "take", file, "--dry-run")
    assert dry["dry_run"]
    assert dry["new"]["objects"] == made["new"]["objects"]
    taken = road.carla.ask("bundle", "take", file)
    assert taken["rejected"] == []
    road.carla.ask("models", "get", "models:/churn/1", "-o", road.folder / "got")
    assert road.carla.ask("bundle", "receipt", file, "-o", receipt)["bundle"] == made["id"]
    home = road.anna.ask("bundle", "confirm", receipt)
    assert (home["by"], home["made_here"], home["rejected"]) == ("Carla", True, [])
    (sent,) = road.anna.ask("bundle", "list")["sent"]
    assert sent["receipt"]["by"] == "Carla"
    assert receipt.read_bytes()[:1] == b"{"


def test_what_does_not_hold_ends_with_1_and_names_the_file(road: Road) -> None:
    file = road.folder / "spoiled.strongbundle"
    road.anna.ask("bundle", "create", file)
    change_one_byte(file, offset=2_000)
    said = road.carla.ask("bundle", "verify", file, code=1)
    assert not said["ok"]
    assert said["findings"][0]["code"] in {"E-HASH", "E-CANON"}
    change_one_byte(file, offset=file.stat().st_size - 5)
    assert road.carla.refused("bundle", "take", file, code=1) == "E-CANON"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("bundle", "show", "no-such.strongbundle"), 2, "E-REMOTE"),
        (("bundle", "take", "letter.txt"), 2, "E-REMOTE"),
        (("bundle", "create", "x", "--to", "Nobody"), 2, "E-NAME"),
        (("bundle", "create", "x", "--run", "no-such-run"), 2, "E-RUN"),
        (("bundle", "create", "x", "--version", "churn/9"), 2, "E-VERSION"),
        (("bundle", "create", "no/such/folder/x"), 4, "E-SHARE"),
        (("bundle", "confirm", "letter.txt"), 1, "E-CANON"),
        (("stick", "safe", "."), 2, "E-REMOTE"),
    ],
)
def test_mistakes_have_the_exit_codes_of_all_commands(
    road: Road, words: tuple[str, ...], code: int, error: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("Dear team,")
    placed = [str(tmp_path / w) if n == 2 and w != "." else w for n, w in enumerate(words)]
    placed = [str(tmp_path) if word == "." else word for word in placed]
    assert road.anna.refused(*placed, code=code) == error
    assert not list(tmp_path.glob("*.strongbundle"))
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_a_diode_drops_into_is_taken_in_whatever_order_files_have(
    road: Road,
) -> None:
    drop = road.folder / "drop"
    drop.mkdir()
    first, second = drop / "z-first.strongbundle", drop / "a-second.strongbundle"
    road.anna.ask("bundle", "create", first)
    road.anna.ask("bundle", "create", second, "--since", first)
    (drop / "half-copied.part").write_bytes(b"PK")
    assert road.finder.refused("bundle", "take", second, code=1) == "E-TRUST-GAP"
    told = road.finder.ask("bundle", "take", drop)["remotes"]
    assert [each["remote"] for each in told] == ["a-second.strongbundle", "z-first.strongbundle"]
    assert all(each["waiting"] == [] and each["rejected"] == [] for each in told)
    state = road.anna.ask("registry", "state")["digest"]
    assert road.finder.ask("registry", "state")["digest"] == state


def test_a_secret_stops_a_bundle_as_it_stops_a_push(road: Road, tmp_path: Path) -> None:
    script = (
        "import strongroom as sr\n"
        "with sr.start_run('fraud', name='leaky') as run:\n"
        f"    sr.log_param('token', {json.dumps('ghp_' + 'a1B2c3D4e5F6' * 3)})\n"
    )
    said = road.anna._run(["train.py"], script)
    assert said.code == 0, said.err
    file = tmp_path / "leaky.strongbundle"
    assert road.anna.refused("bundle", "create", file, "--run", "leaky", code=3) == "E-SECRET"
    assert not list(tmp_path.iterdir())

# SPDX-License-Identifier: Apache-2.0
"""Bundles by the command line: two people on both ends of a road that leads one way.

Every command is a process of its own and costs half a second: what each does in depth is tested
in `test_onefile_bundles`.
"""

from pathlib import Path

from support.command_line import Workplace, change_one_byte, workplace


def a_team(root: Path) -> tuple[Workplace, Workplace]:
    """Returns Anna, who has registered a model, and Carla, who trusts her team."""
    anna, carla = (workplace(root, person, person) for person in ("anna", "carla"))
    run = anna.train("one", "a", root / "model-one")
    for name, place in (("Anna", anna), ("Carla", carla)):
        place.ask("identity", "create", "--name", name)
    team = anna.ask("team", "create", "Fraud ML")["team"]
    request = root / "carla.json"
    read_out = carla.ask("identity", "request", request)["fingerprint"]
    anna.ask("people", "admit", request, "--role", "analyst", "--fingerprint", read_out)
    carla.ask("team", "trust", team)
    anna.ask("models", "register", run, "model", "churn")
    return anna, carla


def test_a_version_goes_out_sealed_comes_in_and_its_receipt_comes_home(tmp_path: Path) -> None:
    anna, carla = a_team(tmp_path)
    file, receipt = tmp_path / "one.strongbundle", tmp_path / "one.receipt"
    made = anna.ask("bundle", "create", file, "--version", "churn/1", "--to", "Carla")
    assert made["to"] == ["Carla"]
    assert made["new"]["objects"] > 0
    shown = carla.ask("bundle", "show", file)
    assert (shown["maker"], shown["sealed"], shown["id"]) == ("Anna", True, made["id"])
    assert "churn/1" in shown["things"]
    assert carla.ask("bundle", "verify", file)["ok"]
    taken = carla.ask("bundle", "take", file)
    assert (taken["rejected"], taken["waiting"]) == ([], [])
    assert taken["new"]["objects"] == made["new"]["objects"]
    assert carla.ask("bundle", "receipt", file, "-o", receipt)["bundle"] == made["id"]
    home = anna.ask("bundle", "confirm", receipt)
    assert (home["by"], home["made_here"], home["rejected"]) == ("Carla", True, [])
    (sent,) = anna.ask("bundle", "list")["sent"]
    assert sent["receipt"]["by"] == "Carla"
    assert anna.refused("bundle", "create", file, code=2) == "E-NAME", "nothing is overwritten"
    change_one_byte(file)
    assert carla.refused("bundle", "verify", file, code=1) in {"E-HASH", "E-CANON"}
    assert carla.refused("bundle", "take", receipt, code=2) == "E-REMOTE"
    assert anna.refused("stick", "safe", tmp_path, code=2) == "E-REMOTE"
    assert isinstance(anna.ask("stick", "list")["sticks"], list)

# SPDX-License-Identifier: Apache-2.0
"""The commands of trust as they are typed: JSON, sentences and exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strongroom.cli import root
from strongroom.services.root_keys import RootKeys
from strongroom.services.rotation import Rotation
from strongroom.trust.identity import create_identity
from support.cheap_keys import CHEAP
from support.workplaces import PASSPHRASE

Typed = Callable[..., tuple[int, Any]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Typed:
    """Types a command of somebody with ``--json``; returns the exit code and the document."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    monkeypatch.setenv("STRONGROOM_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.chdir(tmp_path)
    for function in (create_identity, RootKeys.__init__, Rotation.__init__):
        monkeypatch.setitem(function.__kwdefaults__, "cost", CHEAP)  # tests guess nothing

    def typing(who: str, *words: str) -> tuple[int, Any]:
        monkeypatch.setenv("STRONGROOM_HOME", str(tmp_path / who / "home"))
        monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path / who / "store"))
        capsys.readouterr()
        code = root.run([*words, "--json"], lambda _arguments: 0)
        return code, json.loads(capsys.readouterr().out)

    return typing


def test_a_founder_moves_the_root_keys_out_reviews_and_rotates(typed: Typed, tmp_path: Path):
    assert typed("ada", "identity", "create", "--name", "Ada")[0] == 0
    assert typed("ada", "team", "create", "Fraud ML")[0] == 0
    typed("ben", "identity", "create", "--name", "Ben")
    typed("ben", "identity", "request", "ben.json")
    assert typed("ada", "people", "admit", "ben.json", "--role", "admin")[0] == 0
    code, lint = typed("ada", "team", "lint")
    rules = {finding["rule"] for finding in lint["findings"]}
    assert (code, {f["code"] for f in lint["findings"]}) == (1, {"W-DUTY"})
    assert {"one-root-key", "root-key-on-a-workstation", "one-admin-decides"} <= rules

    for name in ("a", "b", "c"):
        code, made = typed("ada", "root", "create", name, "--label", f"safe {name}")
        assert (code, Path(made["card"]).parent.name) == (0, name)
    code, step = typed("ada", "root", "replace", "a", "b", "c", "--threshold", "2")
    assert (code, step["threshold"], step["missing"]) == (0, 2, 0)
    assert typed("ada", "root", "forget", "root of Ada", "--yes")[0] == 0
    code, listed = typed("ada", "root", "list")
    assert [key["in_home"] for key in listed["keys"]] == [False] * 3

    code, refused = typed("ada", "team", "thresholds", "--admin", "2")
    assert (code, refused["error"]["code"]) == (3, "E-CAP")
    assert "--key" in refused["error"]["advice"]
    keys = ("--key", "a", "--key", "c")
    code, step = typed("ada", "team", "thresholds", "--admin", "2", *keys)
    assert (code, step["admin_threshold"]) == (0, 2)

    code, seen = typed("ada", "people", "revoke", "Ben", "--reason", "lost", "--dry-run")
    assert (code, seen["error"]["code"]) == (2, "E-ROLE")  # too few admins would be left
    code, review = typed("ada", "team", "access", "--csv", "review.csv")
    assert code == 0
    assert {key["name"] for key in review["keys"]} == {"Ada", "Ben"}
    assert (tmp_path / "review.csv").read_text().count("\n") > len(review["keys"])
    code, review = typed("ada", "team", "access", "--version", "1")
    assert [key["role"] for key in review["keys"]] == ["Founder"]
    assert {change["subject"] for change in review["since"]} >= {"Root", "Ben", "Admins"}

    code, made = typed("ada", "identity", "rotate", *keys)
    assert (code, made["in_force"], made["vouched"]) == (0, True, True)
    assert typed("ada", "identity", "show")[1]["writer"] == made["writer"]
    assert typed("ada", "team", "fork") == (0, {"forked": False})


def test_a_fork_is_told_with_exit_code_1_and_settled_by_a_word_about_the_other_side(typed: Typed):
    typed("ada", "identity", "create", "--name", "Ada")
    _, team = typed("ada", "team", "create", "Fraud ML")
    for name in ("ben", "cleo"):
        typed(name, "identity", "create", "--name", name.title())
        typed(name, "identity", "request", f"{name}.json")
        typed(name, "team", "trust", team["team"])
    typed("ada", "people", "admit", "ben.json", "--role", "admin")
    typed("ada", "people", "admit", "cleo.json", "--role", "analyst")
    Path("share").mkdir()
    for name in ("ada", "ben"):
        typed(name, "remote", "add", "share", "share")
    typed("ada", "remote", "push")
    typed("ben", "remote", "pull")
    typed("ada", "people", "grant", "Cleo", "auditor")
    typed("ben", "people", "grant", "Cleo", "reviewer")
    for name in ("ada", "ben"):
        typed(name, "remote", "push")
    assert typed("ada", "remote", "pull")[0] == 1
    code, fork = typed("ada", "team", "fork")
    assert (code, fork["forked"], len(fork["sides"])) == (1, True, 2)
    side = fork["sides"][0]["id"]
    assert typed("ada", "team", "settle", side)[0] == 2
    code, plan = typed("ada", "team", "settle", side[:8], "--carry-over", "--dry-run")
    assert (code, plan["left_out"], plan["keeps"]) == (0, [], side)
    assert typed("ada", "team", "fork")[0] == 1
    code, step = typed("ada", "team", "settle", side[:8], "--carry-over")
    assert (code, step["missing"]) == (0, 0)
    assert typed("ada", "team", "fork") == (0, {"forked": False})
    (cleo,) = (p for p in typed("ada", "people", "list")[1]["people"] if p["name"] == "Cleo")
    assert {"export.audit", "approve:staging"} <= {grant["cap"] for grant in cleo["grants"]}

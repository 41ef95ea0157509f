# SPDX-License-Identifier: Apache-2.0
"""Every command has the same manners: help, one JSON document, an exit code, nothing unforeseen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from strongroom.__main__ import open_window, with_command
from strongroom.cli import output, root
from strongroom.cli.root import ENTRIES
from strongroom.domain.errors import Cancelled
from support.command_reference import PAGE, SHARED, leaves, tree, written
from support.no_internet import GUARDED

LEAVES = list(leaves())
TRAINS_OR_OPENS = {("demo",), ("desktop",)}
SPELLINGS = """
desktop | demo | doctor | verify | rebuild | team create | team show | team trust | team cosign
team thresholds
identity create | identity show | identity request | identity unlock | identity lock
identity rotate | identity protect | people list | people admit | people grant | people revoke
policy show | policy set | experiments list | runs search | runs show | runs history | runs export
runs tag | runs delete | runs restore | runs close | models list | models show | models register
models history | models get | models alias | transition request | transition list
transition show | transition approve | transition reject | transition withdraw
transition changes | rollback | registry state | registry conflicts | remote add | remote list
remote push | remote pull | remote sync | remote verify | quarantine list | quarantine show
quarantine retry | quarantine drop | audit log | audit export | audit verify | import runs
artifacts list | artifacts get
"""


def run(*words: str) -> int:
    return root.run(words, lambda _arguments: 0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STRONGROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_promised_command_is_there():
    promised = {
        tuple(words.split()) for line in SPELLINGS.split("\n") for words in line.split("|") if words
    } - {()}
    assert promised - {words for words, _ in LEAVES} == set()


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=[" ".join(w) for w, _ in LEAVES])
def test_every_command_and_option_explains_itself(words, command, capsys):
    assert command.get_short_help_str(120).endswith((".", ";")), words
    shared = {spelled for parameter in command.params for spelled in parameter.opts}
    assert shared >= SHARED - {"--help"}
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.opts}"
    assert run(*words, "--help") == 0
    assert "Usage: strongroom " + " ".join(words) in capsys.readouterr().out


def test_the_overview_says_what_each_command_says_of_itself():
    group = tree()
    context = click.Context(group)
    for name, entry in ENTRIES.items():
        command = group.get_command(context, name)
        assert command is not None, name
        assert command.get_short_help_str(200) == entry.summary


@pytest.mark.parametrize(
    ("words", "command"),
    [leaf for leaf in LEAVES if leaf[0] not in TRAINS_OR_OPENS],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_every_command_prints_one_json_document(words, command, place, capsys):
    """In an empty store, with arguments that name nothing: an answer, or an error that says so."""
    given = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument) and parameter.required:
            given.append("nothing")
        elif isinstance(parameter, click.Option) and parameter.required:
            given += [parameter.opts[0], "nothing"]
    code = run(*words, *given, "--json")
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert code in {0, 1, 2, 3, 4}
    assert ("error" in document) == (code > 1 or "error" in document)
    if "error" in document:
        assert code
        assert set(document["error"]) == {"code", "title", "advice"}
        assert document["error"]["code"] != "E-BUG", document
        assert document["error"]["advice"]
    assert not (place / "home" / "crashes").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("runs", "search"), 0),
        (("runs", "show", "nothing"), 2),
        (("no-such-command",), 2),
        (("runs", "search", "--limit", "many"), 2),
        (("runs", "search", "metrics.a >> 1"), 2),
        (("team", "show"), 3),
        (("identity", "show"), 3),
        (("identity", "create", "--name", "Dora"), 4),
        (("identity", "rotate"), 3),
        (("--version",), 0),
    ],
)
def test_exit_codes_say_whose_turn_it_is(words, code, place):
    assert run(*words) == code


def test_an_error_is_a_code_a_title_and_a_line_of_advice(place, capsys):
    assert run("team", "show") == 3
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert first == "E-TEAM: This store belongs to no team yet"
    assert second.endswith(".")


def test_a_bug_is_one_line_and_a_file(place, capsys):
    def broken(_arguments: list[str]) -> int:
        raise ZeroDivisionError("the moon is full")

    assert root.run(["desktop"], broken) == 1
    said = capsys.readouterr()
    assert "E-BUG" in said.err
    assert "the moon is full" in said.err
    assert "Traceback" not in said.err
    (kept,) = (place / "home" / "crashes").iterdir()
    assert str(kept) in said.err
    assert "ZeroDivisionError: the moon is full" in kept.read_text()
    assert root.run(["desktop", "--json"], broken) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "E-BUG"


def test_a_bug_is_shown_whole_to_who_asks_for_it(place, monkeypatch):
    def broken(_arguments: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setenv("STRONGROOM_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        root.run(["desktop"], broken)


def test_cancelling_is_not_an_error(place, capsys):
    def cancelled(_arguments: list[str]) -> int:
        raise Cancelled

    assert root.run(["desktop"], cancelled) == output.EXIT_CANCELLED
    assert capsys.readouterr().err == "Cancelled.\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ([], ["desktop"]),
        (["--store", "runs"], ["desktop", "--store", "runs"]),
        (["--store=s", "--screenshot", "d"], ["desktop", "--store=s", "--screenshot", "d"]),
        (["--store", "s", "runs", "search"], ["--store", "s", "runs", "search"]),
        (["desktop", "--store", "s"], ["desktop", "--store", "s"]),
        (["--help"], ["--help"]),
        (["--json", "verify"], ["--json", "verify"]),
    ],
)
def test_without_a_command_the_window_is_meant(typed, meant):
    assert with_command(typed) == meant


def test_the_window_gets_the_store_and_where_its_pictures_go(place):
    got: list[str] = []
    code = root.run(["desktop", "--screenshot", "pictures"], lambda given: got.extend(given) or 0)
    assert code == 0
    assert got == ["--store", str(place / "store"), "--screenshot", "pictures"]


def test_the_overview_imports_nothing_that_is_slow():
    script = (
        "import sys; from strongroom.__main__ import open_window; from strongroom.cli import root;"
        "root.run(['--help'], open_window);"
        "print([m for m in ('numpy', 'pyarrow', 'sqlalchemy', 'cryptography', 'keyring', 'PySide6')"
        " if m in sys.modules])"
    )
    environ = {**os.environ, "PYTHONPATH": GUARDED}
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ
    )
    assert told.stdout.splitlines()[-1] == "[]"


def test_37_names_of_strangers_cannot_steer_the_terminal(place, capsys):
    run("runs", "show", "\x1b[31mred\nE-NONE: all is well")
    assert "\x1b" not in capsys.readouterr().err


def test_the_reference_of_commands_is_current():
    """With ACCEPT_COMMANDS=1 the page is written anew."""
    if os.environ.get("ACCEPT_COMMANDS") == "1":
        PAGE.write_text(written(), "utf-8")
    assert PAGE.read_text("utf-8") == written(), "run this test with ACCEPT_COMMANDS=1"


def test_the_window_is_opened_by_its_own_room():
    assert open_window.__module__ == "strongroom.__main__"

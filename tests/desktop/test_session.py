# SPDX-License-Identifier: Apache-2.0
"""What the window remembers: values, damage, two windows at once, the real window reopened."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication, QSplitter

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import LONGEST_VALUE, Session
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from support.opened_window import opened
from support.runs_on_disk import write_run

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "session" / "store.json"


@settings(max_examples=60, deadline=None)
@given(value=_JSON)
def test_any_value_comes_back_as_it_was(qapp: QApplication, value: object) -> None:
    session = Session()
    assert session.set_value("runs.views", value)  # type: ignore[arg-type]
    assert session.value("runs.views") == value


def test_values_come_back_from_the_file(app: QApplication, path: Path) -> None:
    session = Session(path)
    columns: list[object] = [{"key": 'metrics."val/auc"', "width": 120}, "ümlaut\n"]
    session.set_value("runs.columns", columns)  # type: ignore[arg-type]
    session.flush()
    assert Session(path).value("runs.columns", []) == columns
    assert not list(path.parent.glob("*.tmp"))


def test_nobody_changes_a_value_by_holding_on_to_it(app: QApplication) -> None:
    session = Session()
    mine = ["a"]
    session.set_value("runs.columns", mine)  # type: ignore[arg-type]
    mine.append("b")
    handed = session.value("runs.columns", [])
    assert isinstance(handed, list)
    handed.append("c")
    assert session.value("runs.columns", []) == ["a"]


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x00\xff", b"[1]", b'{"format":0,"values":{}}', b'{"format":1,"values":[]}',
     b'{"format":1,"values":{"runs.columns":', b"[" * 100_000,
     b'{"format":1,"values":{"Runs/../x":1}}'],
)  # fmt: skip
def test_a_damaged_file_reads_as_nothing_and_is_written_anew(
    app: QApplication, path: Path, damage: bytes
) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(damage)
    session = Session(path)
    assert session.keys() == ()
    assert session.value("runs.columns", ["x"]) == ["x"]
    session.set_value("runs.columns", ["y"])
    session.flush()
    assert Session(path).value("runs.columns", []) == ["y"]


def test_a_file_of_a_newer_program_is_read_and_stays_as_it_is(
    app: QApplication, path: Path, qtbot: QtBot
) -> None:
    path.parent.mkdir(parents=True)
    written = b'{"format":2,"values":{"runs.columns":["a"],"board.height":300},"boards":{}}'
    path.write_bytes(written)
    session = Session(path)
    assert session.value("runs.columns", []) == ["a"]
    told: list[OSError] = []
    session.failed.connect(told.append)
    session.set_value("runs.columns", ["b"])
    session.flush()
    qtbot.waitUntil(lambda: bool(told))
    assert str(told[0]) == "A newer Strongroom wrote store.json; it stays as it is"
    assert session.value("runs.columns", []) == ["b"], "for this window"
    assert path.read_bytes() == written


def test_a_value_of_another_kind_reads_as_the_default(app: QApplication) -> None:
    session = Session()
    session.set_value("board.height", "tall")
    assert session.value("board.height", 300) == 300
    session.set_value("board.height", value=True)
    assert session.value("board.height", 300) == 300
    session.set_value("board.height", 240)
    assert session.value("board.height", 1.5) == 240


def test_a_value_too_long_to_keep_is_forgotten_and_says_so(app: QApplication) -> None:
    session = Session()
    session.set_value("runs.note", "short")
    assert not session.set_value("runs.note", "x" * LONGEST_VALUE)
    assert session.value("runs.note", "") == ""
    for key in ("Runs", "runs columns", "", "../x"):
        with pytest.raises(ValueError, match="dotted"):
            session.set_value(key, 1)
    with pytest.raises(ValueError, match=r"runs\.x"):
        session.set_value("runs.x", object())  # type: ignore[arg-type]


def test_two_windows_keep_each_others_values(app: QApplication, path: Path) -> None:
    one, other = Session(path), Session(path)
    one.set_value("runs.columns", ["one"])
    other.set_value("compare.baseline", "r1")
    one.flush()
    other.flush()
    assert json.loads(path.read_text("utf-8"))["values"] == {
        "compare.baseline": "r1",
        "runs.columns": ["one"],
    }


def test_a_change_is_saved_without_being_asked_and_a_failure_is_told_once(
    app: QApplication, path: Path, qtbot: QtBot
) -> None:
    session = Session(path)
    session.set_value("runs.columns", [1])
    qtbot.waitUntil(path.is_file)
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("in the way")
    told: list[object] = []
    session.failed.connect(told.append)
    for value in (2, 3):
        session.set_value("runs.columns", [value])
        session.flush()
        app.processEvents()
    assert len(told) == 1


@pytest.fixture
def desk(app: QApplication, tmp_path: Path) -> Iterator[Desk]:
    for number in range(3):
        write_run(tmp_path / "store", number, metrics={"loss": [1.0, 0.5]})
    made = Desk(app, tmp_path / "store", tmp_path / "home")
    yield made
    made.close()


def _reopen(desk: Desk) -> MainWindow:
    desk.close()
    return opened(desk)


def test_the_real_window_comes_back_as_it_was_left(desk: Desk, qtbot: QtBot) -> None:
    window = opened(desk)
    window.resize(1210, 777)
    window.open_place(Place.of("runs", {}, "metrics.loss < 1"))
    split = window.findChild(QSplitter, "runs.split")
    assert isinstance(split, QSplitter)
    qtbot.waitUntil(lambda: split.isVisible() and sum(split.sizes()) > 400)
    split.setSizes([200, 400])
    lower = split.sizes()[1]
    again = _reopen(desk)
    assert again is not window
    page = again.page()
    assert page is not None
    assert page.place() == Place.of("runs", {}, "metrics.loss < 1")
    found = again.findChild(QSplitter, "runs.split")
    assert isinstance(found, QSplitter)
    qtbot.waitUntil(lambda: abs(found.sizes()[1] - lower) < 8)  # the window is 3 px less high
    again.open_place(Place("audit"))
    third = _reopen(desk)
    assert third.page_id() == "audit"

# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the window's tests: no screen unless asked for, and nothing left behind."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

if not os.environ.get("STRONGROOM_TEST_DISPLAY"):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.viewers.artifact_view import ArtifactView
from support.artifact_room import Room, room_of
from support.left_open import NOTHING, Resources


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    """The application with the light theme; another theme is put back after the test."""
    look = getattr(Theme, "_current", None)
    if look is None:
        look = Theme.install(qapp, "light")
    if look.tokens.name != "light" or look.scale != 1.0:
        look.switch("light", 1.0)
    yield qapp
    if look.tokens.name != "light" or look.scale != 1.0:
        look.switch("light", 1.0)


@pytest.fixture
def tasks(app: QApplication) -> Iterator[Tasks]:
    """Jobs of a window that has to have ended all of them."""
    own = Tasks()
    yield own
    own.wait_idle(2_000)
    left = own.running()
    own.close()
    assert not left, f"jobs left running: {left}"


@pytest.fixture
def open_room(
    app: QApplication, tasks: Tasks, tmp_path: Path, qtbot: QtBot
) -> Iterator[Callable[[dict[str, bytes]], tuple[Room, ArtifactView]]]:
    """Opens a viewer over a run with some files."""
    rooms: list[Room] = []

    def open_it(files: dict[str, bytes]) -> tuple[Room, ArtifactView]:
        room = room_of(tmp_path / "store", files)
        rooms.append(room)
        view = ArtifactView(room.viewing, tasks)
        qtbot.addWidget(view)
        view.resize(480, 520)
        view.show()
        return room, view

    yield open_it
    for room in rooms:
        room.close()


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fails a test that leaves a window, a running timer, a thread or an open file behind.

    What a module shares is open before its first test and may stay open until its last.
    """
    before = Resources.now()
    yield
    NOTHING.fail_if_more()
    before.fail_if_more(tmp_path_factory.getbasetemp())

# SPDX-License-Identifier: Apache-2.0
"""The window says above every page that a store of tomorrow is only read, and what to do."""

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import open_services
from strongroom.desktop.shell.alarm_strip import AlarmStrip
from strongroom.domain import canonical
from support.runs_on_disk import write_run


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "store"
    write_run(root, 1)
    open_services(root, tmp_path / "home").close()
    document = json.loads((root / "store.json").read_bytes())
    (root / "store.json").write_bytes(canonical.encode({**document, "format": 7}))
    return root


def test_a_store_of_tomorrow_is_told_above_every_page_without_a_team(
    store: Path, tmp_path: Path, app: QApplication, qtbot: QtBot
) -> None:
    services = open_services(store, tmp_path / "home")
    services.runs.refresh()
    assert services.runs.search().total == 1
    strip = AlarmStrip()
    qtbot.addWidget(strip)
    strip.show_notes(services.alarms.notes())
    assert strip.accessibleName() == (
        "Alarm E-FORMAT: A newer Strongroom wrote this store (format 7); it is only read here."
        " Update Strongroom here to change something; nothing was written."
    )
    assert not strip.isHidden()
    with qtbot.waitSignal(strip.place_wanted) as led:
        strip.show_button.click()
    assert led.args is not None
    assert led.args[0].page == "monitor"
    services.close()


def test_a_store_of_today_is_told_nothing(tmp_path: Path) -> None:
    services = open_services(tmp_path / "store", tmp_path / "home")
    assert services.alarms.notes() == ()
    services.close()

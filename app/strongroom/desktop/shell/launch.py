# SPDX-License-Identifier: Apache-2.0
"""Starting the window: arguments, the look, the first frame, and the pictures of every page.

* The window's frame is painted first; the store is opened and pages are read in jobs.
* A bundle that is named, by a double click or by hand, opens in the import wizard.
* ``--screenshot DIR`` renders every page in both themes and exits; no screen is needed.
"""

import argparse
import faulthandler
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import open_settings
from strongroom.demo.people import usual_home
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.preferences import TEXT_SCALE, THEME
from strongroom.domain.errors import StrongroomError
from strongroom.domain.places import default_store
from strongroom.domain.setting import SettingValue

EXIT_NO_DISPLAY = 4
THEMES = ("light", "dark", "high-contrast")


def main(arguments: Sequence[str]) -> int:
    """Opens the window, or renders its pages; returns the exit code."""
    asked = _parse(arguments)
    store = asked.store or default_store()
    home = usual_home(store)
    if asked.screenshot is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    elif sys.platform.startswith("linux") and not _has_display():
        print(  # noqa: T201 - a person reads this in a terminal
            "E-DESKTOP: There is no display to open a window on\n"
            "Render the pages instead: strongroom desktop --screenshot DIR.",
            file=sys.stderr,
        )
        return EXIT_NO_DISPLAY
    app = QApplication.instance() or QApplication(["strongroom"])
    if not isinstance(app, QApplication):
        raise TypeError("another kind of application is running")
    app.setApplicationName("Strongroom")
    app.setDesktopFileName("strongroom")
    Theme.install(app, asked.theme or "light", asked.scale or 1.0)
    try:
        if asked.screenshot is not None:
            from strongroom.desktop.shell.gallery import render_pages  # reads every page

            faulthandler.enable()  # there is no window that could tell of it at the next start
            for path in render_pages(store, home, asked.screenshot, left_out=_say_left_out):
                print(path)  # noqa: T201 - the paths are the result of the command
            return 0
        desk = Desk(
            app, store, home, open_settings(flags=_flags(asked)), bundle=asked.bundle
        )  # fmt: skip
        desk.preferences.apply()
        desk.support.install()
        desk.open()
    except StrongroomError as error:
        print(f"{error.code}: {error.title}\n{error.advice}", file=sys.stderr)  # noqa: T201 - ditto
        return error.exit_code
    try:
        return app.exec()
    finally:
        desk.support.close()


def _say_left_out(picture: str, why: str) -> None:
    print(f"{picture}: left out, {why}", file=sys.stderr)  # noqa: T201 - a person reads this


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="strongroom desktop", description="Opens the window.")
    parser.add_argument("bundle", nargs="?", type=Path, help="a bundle to import")
    parser.add_argument("--store", type=Path, help="the store to open")
    parser.add_argument("--screenshot", type=Path, metavar="DIR", help="render every page to PNG")
    parser.add_argument("--theme", choices=THEMES)
    parser.add_argument("--scale", type=float, help="text scale, 0.8 to 2")
    return parser.parse_args(list(arguments))


def _flags(asked: argparse.Namespace) -> dict[str, SettingValue]:
    """Returns the settings that hold for this start alone."""
    flags: dict[str, SettingValue] = {}
    if asked.theme is not None:
        flags[THEME] = asked.theme
    if asked.scale is not None:
        flags[TEXT_SCALE] = max(80, min(200, round(asked.scale * 100)))
    return flags


def _has_display() -> bool:
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    has_server = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return has_server or chosen in {"offscreen", "minimal", "vnc"}

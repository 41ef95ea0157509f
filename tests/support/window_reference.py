# SPDX-License-Identifier: Apache-2.0
"""The window's part of the reference of commands, written from the register of the window."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.commands import MENUS
from strongroom.desktop.shell.desk import Desk
from support.command_reference import PAGE
from support.opened_window import opened

BEGIN = "<!-- The window: written from its register by tests/support/window_reference.py -->"
END = "<!-- The window ends here -->"


def with_window(commands: tuple[Command, ...]) -> str:
    """Returns the page with the commands of a window between its two marks."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n" + "\n".join(_lines(commands)) + f"\n{END}{after}"


def _lines(commands: tuple[Command, ...]) -> Iterator[str]:
    yield from ("", "| menu | command | keys | id |", "|---|---|---|---|")
    for menu in (*MENUS, ""):
        for command in commands:
            if command.menu.partition("/")[0] == menu:
                keys = QKeySequence(command.shortcut).toString(
                    QKeySequence.SequenceFormat.PortableText
                )
                shown = f"`{keys}`" if keys else ""
                where = command.where() or "palette"
                yield f"| {where} | {command.title} | {shown} | `{command.id}` |"
    yield ""


def main() -> None:
    """Writes the page again, from the window of an empty store."""
    with TemporaryDirectory() as folder:
        app = QApplication.instance() or QApplication(["reference", "-platform", "offscreen"])
        assert isinstance(app, QApplication)
        Theme.install(app)
        desk = Desk(app, Path(folder) / "store", Path(folder) / "home")
        PAGE.write_text(with_window(opened(desk).commands.commands()), "utf-8")
        desk.close()


if __name__ == "__main__":
    main()

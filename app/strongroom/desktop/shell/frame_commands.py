# SPDX-License-Identifier: Apache-2.0
"""What a person can do with the program as a whole: stores, people, help, the look, quitting."""

from collections.abc import Callable, Sequence

from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.help_commands import help_commands
from strongroom.desktop.shell.look_commands import look_commands
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.preferences import Preferences


def frame_commands(
    window: Callable[[], MainWindow], tasks: Tasks, preferences: Preferences
) -> Sequence[Command]:
    """Returns the commands of the frame.

    Args:
        window: Returns the window; it is made after its commands.
        tasks: The jobs of the window.
        preferences: The settings as the window lives them.
    """

    def about() -> None:
        from strongroom.desktop.shell.about import AboutDialog  # read when somebody asks

        AboutDialog(window()).open()

    return [
        Command(
            id="file.open_store", title="Open store…", menu="File", icon="folder-open",
            shortcut="Ctrl+O", group="File",
            run=lambda: window().store_menu_requested.emit(),  # noqa: PLW0108 - the window comes later
        ),
        Command(
            id="file.demo", title="Open the demo workspace", menu="File", icon="play", group="File",
            run=lambda: window().demo_requested.emit(),  # noqa: PLW0108 - ditto
        ),
        Command(
            id="file.remove_demo", title="Remove the demo workspace…", menu="File", icon="trash-2",
            group="File",
            run=lambda: window().demo_remove_requested.emit(),  # noqa: PLW0108 - ditto
        ),
        Command(
            id="file.sign_in", title="Sign in as…", menu="File", icon="user", group="File",
            run=lambda: window().sign_in_requested.emit(),  # noqa: PLW0108 - the window comes later
        ),
        Command(
            id="file.quit", title="Quit", menu="File", icon="log-out", shortcut="Ctrl+Q",
            run=lambda: _close(window()), group="File",
        ),
        *help_commands(window),
        Command(
            id="help.about", title="About Strongroom", menu="Help", icon="info",
            run=about, group="Help",
        ),
        Command(
            id="help.support_bundle", title="Save support bundle…", menu="Help", icon="save",
            run=lambda: window().support_requested.emit(), group="Help",  # noqa: PLW0108 - ditto
        ),
        *look_commands(tasks, preferences),
    ]  # fmt: skip


def _close(window: MainWindow) -> None:
    window.close()

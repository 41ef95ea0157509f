# SPDX-License-Identifier: Apache-2.0
"""The tree of commands, and how a command line runs.

* A module is imported when one of its commands is called: ``--help`` imports none of them.
* Nothing escapes: an unknown failure is saved to the home's ``crashes`` folder and said in a line.
"""

import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from strongroom import __version__
from strongroom.cli import crash, output
from strongroom.cli.desktop import desktop_command
from strongroom.cli.options import shared_options

OpenWindow = Callable[[list[str]], int]
DEBUG = "STRONGROOM_DEBUG"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and its line in the overview."""

    module: str
    summary: str


ENTRIES = {
    "demo": Entry("demo", "Train real models and fill a store to look at."),
    "doctor": Entry("integrity", "Say what works here and what to do about the rest."),
    "verify": Entry("integrity", "Read everything again and say what does not hold."),
    "health": Entry("health", "Say what waits in this store and what takes its space."),
    "rebuild": Entry("integrity", "Drop the index and make it again from the files."),
    "store": Entry("store", "What an upgrade changes of a store; doing it, and back."),
    "experiments": Entry("experiments", "The named groups of runs."),
    "runs": Entry("runs", "Look for runs, look at them, label, hide and copy them."),
    "log": Entry("log", "Log a run from a shell script, or from any program by its input."),
    "intake": Entry("plain_intake", "Check what programs in other languages wrote."),
    "metrics": Entry("metrics", "What metrics mean: unit, direction, bounds."),
    "contract": Entry("contract", "What runs have to have, and which break it."),
    "artifacts": Entry("artifacts", "The files that runs keep."),
    "dataset": Entry("datasets", "The data that runs used, and whether it is still the same."),
    "import": Entry("intake", "Take in runs of other stores."),
    "models": Entry("models", "Registered models, their versions, and handing them over."),
    "transition": Entry("transition", "Ask for a move to a stage, and answer."),
    "rollback": Entry("transition", "Ask for an earlier version to be put back into Production."),
    "registry": Entry("registry", "The whole registry, and what contradicts itself."),
    "identity": Entry("identity", "This person on this workstation, and the key."),
    "team": Entry("team", "Found a team, join one, look at it."),
    "root": Entry("root_keys", "The keys above the admins, on sticks and paper."),
    "people": Entry("people", "Who is in the team, with which rights."),
    "policy": Entry("policy", "What a move to a stage needs."),
    "settings": Entry("settings", "How the window looks and behaves for you."),
    "remote": Entry("remote", "Exchange with folders on shares and sticks."),
    "bundle": Entry("bundle", "Carry runs and versions one way, as one signed file."),
    "stick": Entry("stick", "Sticks and discs: what is plugged in, and when it may be taken out."),
    "secrets": Entry("secrets", "What seems to be a secret and would leave; letting it through."),
    "quarantine": Entry("quarantine", "What was refused on arrival, and why."),
    "backup": Entry("backup", "Copies of a whole store, checked and tried out."),
    "audit": Entry("audit", "Who did what, and packages for auditors."),
}
"""The commands in the order of the overview, without the window."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns every command in the order of the overview."""
        own = [name for name in super().list_commands(ctx) if name not in ENTRIES]
        return own + [name for name in ENTRIES if _exists(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns a command, importing its module the first time."""
        if cmd_name in ENTRIES and cmd_name not in self.commands and _exists(cmd_name):
            module = importlib.import_module(f"strongroom.cli.{ENTRIES[cmd_name].module}")
            module.add_commands(self)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the overview without importing what it lists."""
        rows = []
        for name in self.list_commands(ctx):
            known = self.commands.get(name)
            summary = known.get_short_help_str(80) if known else ENTRIES[name].summary
            rows.append((name, summary))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def command_tree(open_window: OpenWindow) -> LazyGroup:
    """Returns the whole tree; the window is opened by the function that is handed in.

    Args:
        open_window: Takes the window's arguments, returns the exit code.
    """

    @click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(__version__, prog_name="strongroom", message="%(prog)s %(version)s")
    @shared_options
    def strongroom() -> None:
        """The ML lifecycle without a network: runs, models, signed approvals, audit packages.

        Without a command the window opens. Every command takes --json and --store.
        """

    strongroom.add_command(desktop_command(open_window))
    return strongroom


def run(arguments: Sequence[str], open_window: OpenWindow) -> int:
    """Runs one command line and returns its exit code; nothing escapes."""
    try:
        return output.run(command_tree(open_window), [*arguments])
    except Exception as error:
        if os.environ.get(DEBUG) == "1":
            raise
        return output.fail(crash.saved(error), is_json="--json" in arguments)


def _exists(name: str) -> bool:
    return importlib.util.find_spec(f"strongroom.cli.{ENTRIES[name].module}") is not None

# SPDX-License-Identifier: Apache-2.0
"""The reference of commands, written from the commands themselves."""

from collections.abc import Iterator
from pathlib import Path

import click

from strongroom.cli.root import command_tree
from support.checkout import DOCS

PAGE = DOCS / "reference" / "commands.md"
BEGIN = "<!-- Below: written from the commands by tests/support/command_reference.py -->"
SHARED = {"--json", "--store", "--help"}


def tree() -> click.Group:
    """Returns the tree of commands, with a window that cannot be opened."""
    return command_tree(lambda _arguments: 0)


def leaves(
    group: click.Group | None = None, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yields every command that does something, with the words that call it."""
    group = group or tree()
    context = click.Context(group, info_name="strongroom")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from leaves(command, (*words, name))
        else:
            yield (*words, name), command


def written(page: Path = PAGE) -> str:
    """Returns the page as it should be: its own beginning, then every command."""
    beginning = page.read_text("utf-8").partition(BEGIN)[0]
    return beginning + BEGIN + "\n" + "\n".join(_sections()) + "\n"


def _sections() -> Iterator[str]:
    group = tree()
    context = click.Context(group, info_name="strongroom")
    alone = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if not isinstance(command, click.Group):
            alone.append(((name,), command))
    yield from _section("Single commands", "", alone)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _section(f"`{name}`", command.help or "", list(leaves(command, (name,))))


def _section(
    title: str, told: str, commands: list[tuple[tuple[str, ...], click.Command]]
) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if told:
        yield from (_sentence(told), "")
    yield from ("| command | does |", "|---|---|")
    for words, command in commands:
        yield f"| `{_usage(words, command)}` | {_sentence(command.help or '')} |"
    options = [line for words, command in commands for line in _options(words[-1], command)]
    if options:
        yield from ("", "| command | option | means |", "|---|---|---|", *options)


def _usage(words: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command)
    parts = [*words]
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            parts.append(parameter.make_metavar(context))
        elif isinstance(parameter, click.Option) and not SHARED & set(parameter.opts):
            told = _spelled(parameter, context)
            parts.append(told if parameter.required else f"[{told}]")
    return " ".join(parts).replace("|", "\\|")


def _options(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not SHARED & set(parameter.opts):
            spelled = _spelled(parameter, context).replace("|", "\\|")
            yield f"| `{name}` | `{spelled}` | {_sentence(parameter.help or '')} |"


def _spelled(option: click.Option, context: click.Context) -> str:
    name = option.opts[0]
    value = option.make_metavar(context).replace("INTEGER RANGE", "N").replace("DIRECTORY", "DIR")
    return name if option.is_flag else f"{name} {value}"


def _sentence(text: str) -> str:
    paragraph = " ".join(text.split())
    return paragraph.replace("|", "\\|").replace("<", "&lt;")

# SPDX-License-Identifier: Apache-2.0
"""``strongroom settings …``: what a person has chosen, without a window."""

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say, table
from strongroom.domain.canonical import JsonValue
from strongroom.services.settings import Settings, SettingState, variable_of


def add_commands(root: click.Group) -> None:
    """Joins ``settings`` into the tree of commands."""
    root.add_command(settings)


@click.group()
@shared_options
def settings() -> None:
    """How the window looks and behaves for you."""


@settings.command(name="list")
@shared_options
def list_settings() -> int:
    """List every setting, what holds, and who said it; ends with 1 if an entry is ignored."""
    at = _open()
    states, problems = at.states(), at.problems()
    rows = [
        (state.setting.key, _word(state), _origin(state), state.setting.expected())
        for state in states
    ]
    document: JsonValue = {
        "settings": [_document(state) for state in states],
        "problems": list(problems),
        "file": str(at.path),
        "policy": str(at.policy_path),
    }
    emit(document, table(("SETTING", "VALUE", "FROM", "ACCEPTS"), rows))
    for problem in problems:
        say(f"E-SETTING: {problem}")
    return 1 if problems else 0


@settings.command()
@click.argument("key", metavar="KEY")
@shared_options
def get(key: str) -> None:
    """Print what holds for a setting."""
    state = _open().state(key)
    emit(_document(state), [_word(state)])


@settings.command(name="set")
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="VALUE")
@shared_options
def set_setting(key: str, value: str) -> None:
    """Choose a value; an open window takes it over when it looks at its settings again."""
    _tell(_open().set_text(key, value))


@settings.command()
@click.argument("key", metavar="KEY")
@shared_options
def unset(key: str) -> None:
    """Take a choice back: what the machine, or nobody, says holds again."""
    _tell(_open().unset(key))


def _open() -> Settings:
    from strongroom.bootstrap import open_settings

    return open_settings()


def _tell(state: SettingState) -> None:
    emit(_document(state), [f"{state.setting.key} is {_word(state)} ({_origin(state)})."])
    if state.origin in {"environment", "project"}:
        say(f"Careful: {state.where} says otherwise and is louder than your file.")


def _word(state: SettingState) -> str:
    if isinstance(state.value, bool):
        return "true" if state.value else "false"
    return str(state.value)


def _origin(state: SettingState) -> str:
    return f"{state.origin.value}, locked" if state.lock else state.origin.value


def _document(state: SettingState) -> dict[str, JsonValue]:
    return {
        "key": state.setting.key,
        "value": state.value,
        "default": state.setting.default,
        "from": state.origin.value,
        "where": state.where,
        "variable": variable_of(state.setting),
        "locked": state.lock,
    }

# SPDX-License-Identifier: Apache-2.0
"""What a command says and how it ends: the same manners for every command.

* With ``--json`` exactly one JSON document goes to standard output; messages go to standard error.
* An error prints ``code: title`` and one line of advice, or ``{"error": {…}}`` with ``--json``.
* Exit codes are those of docs/reference/cli.md; a command returns one, or nothing for 0.
* Names come from strangers: control and direction characters never reach a terminal.
"""

import errno
import json
import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

from strongroom.domain.errors import Cancelled, EnvironmentFault, StrongroomError

EXIT_FINDING = 1  # something that was looked at does not hold
EXIT_USAGE = 2
EXIT_CANCELLED = 130
_JSON_FLAG = "strongroom.is_json"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def run(root: click.Command, arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code; nothing escapes but bugs."""
    is_json = "--json" in arguments
    try:
        code = root.main(list(arguments), prog_name="strongroom", standalone_mode=False)
    except click.ClickException as error:
        return _usage(error, is_json=is_json)
    except (click.Abort, KeyboardInterrupt, Cancelled):
        click.echo("Cancelled.", err=True)
        return EXIT_CANCELLED
    except StrongroomError as error:
        return fail(error, is_json=is_json)
    except OSError as error:
        return fail(_environment(error), is_json=is_json)
    return code if isinstance(code, int) else 0


def fail(error: StrongroomError, *, is_json: bool) -> int:
    """Prints an error in the asked manner and returns its exit code."""
    if is_json:
        body: dict[str, Any] = {
            "code": error.code, "title": error.title, "advice": error.advice
        }  # fmt: skip
        if error.details:
            body["details"] = list(error.details)
        click.echo(json.dumps({"error": body}))
    else:
        click.echo(f"{plain(error.code)}: {plain(error.title)}", err=True)
        for line in error.details:
            click.echo(f"  {plain(line)}", err=True)
        if error.advice:
            click.echo(plain(error.advice), err=True)
    return error.exit_code


def set_json(context: click.Context, *, is_json: bool) -> None:
    """Remembers that this command line asked for JSON."""
    context.meta[_JSON_FLAG] = is_json or context.meta.get(_JSON_FLAG, False)


def emit(document: Any, lines: Iterable[str]) -> None:  # noqa: ANN401 - any JSON document
    """Prints the JSON document, or the lines for people, whichever was asked for.

    Floats that JSON cannot hold become the strings ``NaN``, ``Infinity`` and ``-Infinity``.
    """
    if click.get_current_context().meta.get(_JSON_FLAG, False):
        click.echo(json.dumps(json_ready(document), allow_nan=False))
        return
    for line in lines:
        click.echo(plain(line))


def say(message: str) -> None:
    """Prints a message for a person on standard error."""
    click.echo(plain(message), err=True)


def plain(text: str) -> str:
    """Returns the text on one line, with control and direction characters spelled out."""
    return "".join(
        character
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Returns lines with left-aligned columns, two spaces apart."""
    cells = [[plain(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def json_ready(value: Any) -> Any:  # noqa: ANN401 - any JSON document
    """Returns the value with non-finite floats as strings and tuples as lists."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value


def _usage(error: click.ClickException, *, is_json: bool) -> int:
    title = error.format_message()
    if is_json:
        body = {"code": "E-USAGE", "title": title, "advice": "Run the command with --help."}
        click.echo(json.dumps({"error": body}))
    else:
        error.show()
    return EXIT_USAGE


def _environment(error: OSError) -> EnvironmentFault:
    if error.errno in _FULL:
        return EnvironmentFault("E-FULL", "The disk is full", "Free some space and try again.")
    where = f" ({error.filename})" if error.filename else ""
    return EnvironmentFault(
        "E-SHARE",
        f"A file could not be read or written: {error.strerror or error}{where}",
        "Check that the folder is there and that you may write to it.",
    )

# SPDX-License-Identifier: Apache-2.0
"""``strongroom metrics schema …``: list, set, forget; and the runs that break a rule."""

import os

import click

from strongroom.cli.options import shared_options, store_path
from strongroom.cli.output import emit, say, table
from strongroom.cli.session import open_fresh
from strongroom.domain.clock import SystemClock
from strongroom.domain.metric_schema import Direction, MetricRule
from strongroom.domain.query import FieldKind
from strongroom.services.runs import open_runs

EXIT_DAMAGED = 1


def add_commands(root: click.Group) -> None:
    """Joins ``metrics`` into the tree of commands."""
    root.add_command(metrics)


@click.group()
@shared_options
def metrics() -> None:
    """What metrics mean: unit, direction, bounds."""


@metrics.group()
@shared_options
def schema() -> None:
    """Unit, direction and bounds of each metric: stated, or learned from its name."""


@schema.command(name="list")
@shared_options
def list_rules() -> int:
    """List the metrics that runs have, and the rule of each."""
    runs = open_fresh()
    known = runs.metric_schemas.read()
    seen = {each.field.key for each in runs.columns() if each.field.kind is FieldKind.METRIC}
    rules = [known.rule(key) for key in sorted(seen | {rule.key for rule in known.rules})]
    header = ("METRIC", "UNIT", "BETTER", "LOW", "HIGH", "FROM")
    damage = runs.metric_schemas.damage()
    if damage:
        say(f"E-FORMAT: {damage}")
    emit({"rules": [_document(rule) for rule in rules]}, table(header, map(_row, rules)))
    return EXIT_DAMAGED if damage else 0


@schema.command(name="set")
@click.argument("key")
@click.option("--unit", default=None, help="What its numbers count: ms, GB, %.")
@click.option(
    "--direction",
    type=click.Choice([each.value for each in Direction]),
    default=None,
    help="Which values are better.",
)
@click.option("--low", default=None, metavar="NUMBER|none", help="The smallest value it may have.")
@click.option("--high", default=None, metavar="NUMBER|none", help="The largest value it may have.")
@shared_options
def set_rule(
    key: str, unit: str | None, direction: str | None, low: str | None, high: str | None
) -> None:
    """State the rule of a metric; what is not named stays as it was."""
    schemas = open_runs(store_path(), SystemClock(), os.urandom).metric_schemas
    before = schemas.read().rule(key)
    rule = MetricRule(
        key=key,
        unit=before.unit if unit is None else unit,
        direction=before.direction if direction is None else Direction(direction),
        low=_bound("--low", low, before.low),
        high=_bound("--high", high, before.high),
    )
    schemas.set(rule)
    emit(_document(rule), table(("METRIC", "UNIT", "BETTER", "LOW", "HIGH", "FROM"), [_row(rule)]))


@schema.command()
@click.argument("key")
@shared_options
def forget(key: str) -> None:
    """Remove a stated rule; what the name tells holds again."""
    schemas = open_runs(store_path(), SystemClock(), os.urandom).metric_schemas
    changes = schemas.forget(key)
    rule = schemas.read().rule(key)
    said = f"{key} follows its name again" if changes else f"Nobody had stated a rule for {key}"
    emit(_document(rule), [said])


def _bound(option: str, text: str | None, before: float | None) -> float | None:
    if text is None:
        return before
    if text.lower() == "none":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text[:40]!r} is neither a number nor none.", param_hint=option
        ) from error


def _document(rule: MetricRule) -> dict[str, object]:
    return {
        "key": rule.key,
        "unit": rule.unit,
        "direction": rule.direction.value,
        "low": rule.low,
        "high": rule.high,
        "is_learned": rule.is_learned,
    }


def _row(rule: MetricRule) -> tuple[str, ...]:
    bounds = ["" if bound is None else f"{bound:g}" for bound in (rule.low, rule.high)]
    better = "" if rule.direction is Direction.NONE else rule.direction.value
    return rule.key, rule.unit, better, *bounds, "its name" if rule.is_learned else "a person"

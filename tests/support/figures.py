"""Printing what was measured, with its goal beside it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure: what, value, unit, and the goal of the design ("" if there is none)."""

    what: str
    value: float
    unit: str
    goal: str


def report(*figures: Figure) -> None:
    """Prints figures as aligned lines."""
    print()
    for figure in figures:
        goal = f"   goal {figure.goal}" if figure.goal else ""
        print(f"  {figure.what:<52} {_number(figure.value):>10} {figure.unit:<12}{goal}")


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"

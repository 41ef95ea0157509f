# SPDX-License-Identifier: Apache-2.0
"""Questions compiled once and asked often, with the driver's own rows for an answer.

SQLAlchemy writes the SQL and binds every value; building the same question again and turning its
rows into objects costs more than SQLite needs to answer it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import sqlite


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL with a place for each value: the names of the values in order, and those known."""

    text: str
    names: tuple[str, ...]
    known: dict[str, Any]

    @classmethod
    def of(cls, question: Select[Any]) -> Self:
        """Compiles a question; bind parameters without a value are given when it is asked."""
        compiled = question.compile(
            dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
        )
        names = tuple(compiled.positiontup or ())
        return cls(text=str(compiled), names=names, known=dict(compiled.params))

    def rows(self, connection: Connection, **given: object) -> Sequence[Any]:
        """Asks it; returns tuples."""
        values = {**self.known, **given} if given else self.known
        found = connection.exec_driver_sql(self.text, tuple(values[name] for name in self.names))
        rows: Sequence[Any] = found.cursor.fetchall()
        return rows

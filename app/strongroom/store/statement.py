# SPDX-License-Identifier: Apache-2.0
"""Questions compiled once and asked often, with the driver's own rows for an answer.

* SQLAlchemy writes the SQL and binds every value; building the same question again, handing it
  down and turning its rows into objects costs more than SQLite needs to answer it.
* Many ids are one bound text, however many they are: the SQL stays the same.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from sqlalchemy import ColumnElement, Connection, Join, Select, Text, bindparam, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


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
        """Asks it; returns tuples.

        Raises:
            sqlite3.OperationalError: As the driver says it; `Catalog` translates.
        """
        values = {**self.known, **given} if given else self.known
        driver: Any = connection.connection.driver_connection
        found = driver.execute(self.text, tuple(values[name] for name in self.names))
        rows: Sequence[Any] = found.fetchall()
        return rows


class OneAfterOther(Join):
    """A join whose second table is looked up for each row of the first, never the other way."""

    inherit_cache = True


@compiles(OneAfterOther, "sqlite")
def _cross(join: OneAfterOther, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    how["asfrom"] = True
    left, right = (compiler.process(each, **how) for each in (join.left, join.right))
    condition = compiler.process(cast("ColumnElement[bool]", join.onclause), **how)
    return f"{left} CROSS JOIN {right} ON {condition}"  # SQLite's word for it


def listed(text: ColumnElement[str]) -> Select[Any]:
    """Returns the values of a JSON list as rows."""
    return select(func.json_each(text).table_valued("value").c.value)


def given(name: str) -> Select[Any]:
    """Returns the values of a list that is given, as `many` writes it, when it is asked."""
    return listed(bindparam(name, "[]", type_=Text))  # a value that is lacking cannot be compiled


def many(ids: Iterable[int]) -> str:
    """Returns ids as the one text that is bound for them."""
    return json.dumps([int(id_) for id_ in ids])

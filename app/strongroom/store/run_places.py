# SPDX-License-Identifier: Apache-2.0
"""Where runs lie: looked up by id, by the start of an id, or by name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, select, true

from strongroom.domain.errors import BadInput
from strongroom.domain.ids import is_run_id
from strongroom.domain.run import RunStatus
from strongroom.store import tables

AT_ONCE = 500  # ids in one question; SQLite takes a thousand variables anywhere
MIN_PREFIX = 4  # hexadecimal digits that name a run; fewer are rarely unique


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """A run that was looked up: catalog id, run id, month folder, name, digest when sealed."""

    id: int
    run_id: str
    month: str
    name: str
    started_us: int
    sealed_sha256: str


def find(connection: Connection, reference: str, *, limit: int = 5) -> tuple[RunPlace, ...]:
    """Returns the runs that a text may mean: an id, else the start of one, else a name."""
    asked = {"text": reference, "end": reference + "g", "many": limit}
    by_id, by_start, by_name = _FINDERS
    questions = (by_id, by_start, by_name) if len(reference) >= MIN_PREFIX else (by_id, by_name)
    for question in questions:
        found = _placed(connection.execute(question, asked))
        if found:
            return found
    return ()


def place_of(connection: Connection, reference: str) -> RunPlace:
    """Returns the one run a text means.

    Raises:
        BadInput: ``E-RUN`` if it names none or several.
    """
    found = find(connection, reference)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(place.run_id[:8] for place in found)
        raise BadInput("E-RUN", f"{reference} names several runs", f"Name one by id: {ids}.")
    raise BadInput("E-RUN", f"No run is called {reference}", "strongroom runs search lists them.")


def places_of(connection: Connection, references: Sequence[str]) -> tuple[RunPlace, ...]:
    """Returns the one run that each text means, in their order; ids are looked up together.

    Raises:
        BadInput: ``E-RUN`` if one of them names none or several.
    """
    ids = [each for each in references if is_run_id(each)]
    known: dict[str, RunPlace] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = tables.run.c.run_id.in_(ids[start : start + AT_ONCE])
        known |= {place.run_id: place for place in _places(connection, part)}
    return tuple(known.get(each) or place_of(connection, each) for each in references)


def all_places(connection: Connection) -> tuple[RunPlace, ...]:
    """Returns where every run lies, oldest first."""
    return _places(connection, true())


def unsealed_places(connection: Connection) -> tuple[RunPlace, ...]:
    """Returns where the ended runs lie that are not sealed yet."""
    run = tables.run
    ended = [status.value for status in RunStatus if status.is_terminal]
    return _places(connection, ~run.c.is_sealed & ~run.c.is_deleted & run.c.status.in_(ended))


def _places(connection: Connection, where: ColumnElement[bool]) -> tuple[RunPlace, ...]:
    return _placed(connection.execute(_places_where(where)))


def _places_where(where: ColumnElement[bool]) -> Select[Any]:
    run = tables.run
    named = (run.c.id, run.c.run_id, run.c.month, run.c.name, run.c.started_us, run.c.sealed_sha256)
    return select(*named).where(where).order_by(run.c.started_us, run.c.id)


def _placed(rows: Iterable[Any]) -> tuple[RunPlace, ...]:
    return tuple(
        RunPlace(
            id=id_, run_id=run_id, month=month, name=name, started_us=start, sealed_sha256=digest
        )
        for id_, run_id, month, name, start, digest in rows
    )


def _finders() -> tuple[Select[Any], ...]:
    """Returns the questions for an id, the start of one and a name; made once, asked often."""
    run, text = tables.run, bindparam("text", type_=Text)
    named = (run.c.run_id == text, run.c.run_id.between(text, bindparam("end")), run.c.name == text)
    return tuple(_places_where(where).limit(bindparam("many")) for where in named)


_FINDERS = _finders()

# SPDX-License-Identifier: Apache-2.0
"""The people of the demo: who they are, where their homes lie, and the passphrase they share.

* Cheap: the standard library only, so that the window can ask at start-up.
* Their keys are demo keys. The passphrase is no secret: it stands in the docs and on the dialog
  that asks for it, and opens nothing but the demo.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.errors import Untrusted
from strongroom.domain.places import default_home

DEMO_PASSPHRASE = "correct horse battery staple"  # noqa: S105 - public on purpose, see above
PASSPHRASE_HINT = f"This is the demo. Everybody's passphrase is: {DEMO_PASSPHRASE}"
"""What the dialogs that ask for a passphrase of the demo say below the field."""

FOLDER = "demo"
PEOPLE_FILE = "people.json"
MAX_PEOPLE_FILE = 64 * 1024  # bytes; a few people with a few short fields

ANALYST, APPROVER, AUDITOR, FOUNDER = "analyst", "approver", "auditor", "founder"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Somebody a visitor can be: name, role as people read it, home, and key id."""

    name: str
    role: str
    home: Path
    writer: str
    is_signed_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CastMember:
    """A part to be played: the key of the home, the name, and the role to be given."""

    key: str
    name: str
    role: str


CAST = (
    CastMember(key=APPROVER, name="Mara Lindqvist", role="release-approver"),
    CastMember(key=ANALYST, name="Jonas Feld", role="analyst"),
    CastMember(key=AUDITOR, name="Ada Brandt", role="auditor"),
)
"""The three people of the demo; the window opens as the first of them."""

TEAM_NAME = "Harbour ML"
TEAM_FOUNDER = CastMember(key=FOUNDER, name="Priya Raman", role="founder")
"""Founded the team and admits people, so that nobody of the three has more than one role."""


def home_of(store: Path, key: str) -> Path:
    """Returns the home of somebody inside a demo store."""
    return store / FOLDER / "homes" / key


def people_of(store: Path) -> tuple[DemoPerson, ...]:
    """Returns the people of a demo store, the one to sign in as first; none in other stores.

    Raises:
        Untrusted: ``E-FORMAT`` if the list was damaged.
    """
    path = store / FOLDER / PEOPLE_FILE
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PEOPLE_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    try:
        document = json.loads(data)
        found = tuple(
            DemoPerson(
                name=str(entry["name"]),
                role=str(entry["role"]),
                home=_inside(store, str(entry["home"])),
                writer=str(entry["writer"]),
                is_signed_in=entry["writer"] == document["signed_in"],
            )
            for entry in document["people"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Untrusted(
            "E-FORMAT",
            f"{path} cannot be read",
            "Make the demo again: strongroom demo --remove, then strongroom demo.",
        ) from error
    return tuple(sorted(found, key=lambda person: not person.is_signed_in))


def write_people(store: Path, people: Iterable[DemoPerson]) -> None:
    """Writes the list that `people_of` reads."""
    listed = list(people)
    document = {
        "format": 1,
        "signed_in": next(person.writer for person in listed if person.is_signed_in),
        "people": [
            {
                "name": person.name,
                "role": person.role,
                "home": person.home.relative_to(store).as_posix(),
                "writer": person.writer,
            }
            for person in listed
        ],
    }
    path = store / FOLDER / PEOPLE_FILE
    write_whole(path, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())


def _inside(store: Path, relative: str) -> Path:
    """Returns a path below the store; a list from elsewhere must not lead out of it."""
    parts = relative.split("/")
    if not all(parts) or ".." in parts or Path(relative).is_absolute():
        raise ValueError("a home outside the store")
    return store.joinpath(*parts)


def usual_home(store: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Returns who one is without saying so: the named home, the demo's person, or one's own."""
    if environ.get("STRONGROOM_HOME"):
        return default_home(environ)
    signed_in = next((person for person in people_of(store) if person.is_signed_in), None)
    return signed_in.home if signed_in else default_home(environ)

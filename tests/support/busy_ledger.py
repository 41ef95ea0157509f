# SPDX-License-Identifier: Apache-2.0
"""A team that has been at work for years, as files of a ledger: ten thousand signed events.

Four people on four workstations finish runs, register versions, ask, approve and comment; every
tenth version goes to Production by two pairs of eyes. Signed by the builder that shares no line
with the product, and written as a push writes segments.
"""

from pathlib import Path

from strongroom.store.repository import Repository
from support.sealed_team import Team, Version, Writer, a_team

FILES = {"weights.bin": b"\x00" * 64}
MODELS = 20


def write_ledger(folder: Path, count: int) -> Team:
    """Writes a ledger of about so many events into an empty folder and returns its team."""
    team = a_team("busy")
    caps = ["log", "register", "request:*", "approve:*"]
    people = [team.writer(name, caps) for name in ("Ada", "Ben", "Cid", "Dan")]
    number = 0
    while sum(len(writer.lines) for writer in people) < count:
        number += 1
        _work(people, number)
    folder.mkdir(parents=True, exist_ok=True)
    repository = Repository(folder)
    for version, document in enumerate(team.documents, 1):
        repository.put_trust(version, document)
    for writer in people:
        repository.put_segment(writer.id, 1, writer.lines)
    return team


def _work(people: list[Writer], number: int) -> None:
    """One version from its run to Staging."""
    author, approver = people[number % 4], people[(number + 1) % 4]
    run = f"{number:032x}"
    author.sees(approver)
    for part in range(4):
        author.finishes_run(f"{number:028x}{part:04x}", {"run.json": b"{}"})
    author.finishes_run(run, {"run.json": b"{}"})
    version: Version = author.registers(
        f"model-{number % MODELS}", number, {**FILES, "n": b"%d" % number}, run=run
    )
    wish = author.requests(version, "Staging")
    approver.signs("stage.comment", {"request": wish.event, "text": "Looks good on the holdout."})
    approver.approves(wish)
    if number % 10 == 0:
        author.sees(approver)
        archive = author.requests(version, "Archived")
        approver.approves(archive)

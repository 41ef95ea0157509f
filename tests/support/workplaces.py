# SPDX-License-Identifier: Apache-2.0
"""Where people work: a home with a key in the keyring of the system, and a store.

* Everything is what the program itself does: real keys under the system's keyring and a
  passphrase, real runs, signed events. Only the guessing cost of the passphrase is small.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.bootstrap import Services, open_services
from strongroom.sdk.fluent import log_artifact, log_metric, log_model, log_params, start_run
from support.cheap_keys import cheap_keys

PASSPHRASE = "four quiet words together"
STEPS = 40


@dataclass(frozen=True, slots=True)
class Workplace:
    """One person at one store."""

    name: str
    store: Path
    home: Path

    @contextmanager
    def services(self) -> Iterator[Services]:
        """Opens the services as the program does; the passphrase is typed by nobody."""
        services = open_services(self.store, self.home, ask=lambda _question: PASSPHRASE)
        try:
            yield services
        finally:
            services.close()

    def enter(self) -> None:
        """Makes the person's keys in the keyring of the system, under a passphrase as well."""
        with self.services() as services, cheap_keys():
            card = services.identities.create(self.name, passphrase=PASSPHRASE)
            assert card.protection == "keyring+passphrase", "there is no keyring in this session"


def found_team(founder: Workplace, others: Mapping[Workplace, str], name: str) -> str:
    """Founds a team, admits the others with their roles, and returns the team's id."""
    founder.enter()
    with founder.services() as services:
        services.people.create_team(name)
        team = services.people.team_id()
        for place, role in others.items():
            place.enter()
            request = place.home / "enrolment.json"
            with place.services() as theirs:
                theirs.identities.save_request(request)
            services.people.admit(request, role)
            with place.services() as theirs:
                theirs.people.trust(team)
    return team


def train(store: Path, name: str, *, experiment: str, best: float, rate: float = 0.1) -> str:
    """Logs a finished run with curves, a small model and a note; returns its id."""
    source = store.parent / "scratch" / name
    source.mkdir(parents=True, exist_ok=True)
    (source / "weights.bin").write_bytes(hashlib.sha256(name.encode()).digest() * 64)
    (source / "model_card.md").write_text(f"# {name}\n")
    with start_run(experiment, name=name, store=store) as run:
        log_params({"learning_rate": rate, "max_depth": 6, "seed": 7})
        for step in range(STEPS):
            grown = 1 - math.exp(-(step + 1) * rate * 2)
            share = 1.0 if step == STEPS - 1 else grown
            log_metric("val/acc", best * share, step=step)
            log_metric("train/loss", 1.2 - best * grown, step=step)
        log_artifact(source / "model_card.md", "notes")
        log_model(
            source,
            "model",
            flavor="files",
            signature={
                "inputs": [{"name": "amount", "type": "double"}],
                "outputs": [{"name": "score", "type": "double"}],
            },
        )
        return run.run_id

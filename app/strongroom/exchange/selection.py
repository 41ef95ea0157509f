# SPDX-License-Identifier: Apache-2.0
"""Which content an exchange copies: everything, or what belongs to some runs or models.

* Trust documents, events and manifests always travel whole: they are the story, chained and
  small, and one left out would be withheld from everybody. A selection chooses files only.
* A version brings the run it was made from, so that whoever judges it sees where it comes from.
* A name may end in ``*``, as the scope of a right does; nothing else in it is special.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from strongroom.domain.event import Event

MIN_ID = 8  # characters of a run's id that name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was chosen; empty chooses everything.

    Args:
        runs: Run ids, their first 8 characters or more, or names.
        experiments: Names of experiments.
        models: Names of models, or ``NAME/VERSION``.
        events: Ids of ``version.register`` events: exactly these versions.
    """

    runs: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether nothing was chosen in particular."""
        return not (self.runs or self.experiments or self.models or self.events)

    @property
    def names_runs(self) -> bool:
        """Whether it chooses runs by themselves, registered or not."""
        return bool(self.runs or self.experiments)

    def among(self, events: Iterable[Event]) -> frozenset[str]:
        """Returns the ids of the content events that were chosen.

        Args:
            events: ``run.finish`` and ``version.register`` events.
        """
        listed = tuple(events)
        if self.is_all:
            return frozenset(event.id for event in listed)
        versions = [event for event in listed if self._wants_version(event)]
        sources = {str(event.body["run"]) for event in versions}
        chosen = {event.id for event in versions}
        chosen |= {
            event.id
            for event in listed
            if event.type == "run.finish"
            and (event.body["run"] in sources or self.wants_run(*_told(event)))
        }
        return frozenset(chosen)

    def wants_run(self, run: str, name: str, experiment: str) -> bool:
        """Whether a run was chosen by its id, its name or its experiment."""
        return any(_is_run(wanted, run, name) for wanted in self.runs) or any(
            _matches(pattern, experiment) for pattern in self.experiments
        )

    def unmet(self, events: Iterable[Event]) -> Iterator[tuple[str, str]]:
        """Yields kind and name of everything chosen that none of the events is about."""
        listed = tuple(events)
        told = [_told(event) for event in listed if event.type == "run.finish"]
        for wanted in self.runs:
            if not any(_is_run(wanted, run, name) for run, name, _ in told):
                yield "run", wanted
        for wanted in self.experiments:
            if not any(_matches(wanted, experiment) for _, _, experiment in told):
                yield "experiment", wanted
        for wanted in self.models:
            one = Selection(models=(wanted,))
            if not any(one._wants_version(event) for event in listed):
                yield "model", wanted

    def _wants_version(self, event: Event) -> bool:
        if event.type != "version.register":
            return False
        model, version = str(event.body["model"]), event.body["version"]
        return event.id in self.events or any(
            _matches(wanted, model) or wanted == f"{model}/{version}" for wanted in self.models
        )


EVERYTHING = Selection()


def _told(event: Event) -> tuple[str, str, str]:
    body = event.body
    return str(body["run"]), str(body["name"]), str(body["experiment"])


def _is_run(wanted: str, run: str, name: str) -> bool:
    return wanted == name or (len(wanted) >= MIN_ID and run.startswith(wanted))


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern

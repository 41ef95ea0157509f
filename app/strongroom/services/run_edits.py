# SPDX-License-Identifier: Apache-2.0
"""Changing many runs in one go: tags, params they lack, hiding, archiving, moving; and back.

* Each run is changed by itself: one that cannot be changed is told, and the others are done.
* What is already as asked is not written again.
* An outcome says what was before; `RunEdits.undo` writes that back as another edit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from filelock import Timeout

from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.errors import BadInput, Cancelled, EnvironmentFault, StrongroomError
from strongroom.domain.ids import RandomBytes
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.run import Run
from strongroom.store import discovery, edits
from strongroom.store.catalog import Catalog
from strongroom.store.edits import Record
from strongroom.store.hydration import hydrate
from strongroom.store.liveness import observe
from strongroom.store.run_places import RunPlace, place_of
from strongroom.store.run_state import RunState
from strongroom.store.store_folder import StoreFolder, fault

TOGETHER = 50  # runs whose rows are written in one transaction, some 20 ms

Records = Callable[[Run], list[Record]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBefore:
    """What an edit replaced: the run's place, and the tags and params it had under edited keys."""

    run_id: str
    experiment: str
    is_deleted: bool
    is_archived: bool
    tags: tuple[tuple[str, str | None], ...] = ()
    params: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailure:
    """A run that was not changed, as it was named, and why."""

    reference: str
    error: StrongroomError


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOutcome:
    """What became of an edit of many runs.

    Attributes:
        changes: The runs that are different now.
        done: The runs that are as asked, with those that were so before.
        before: What each changed run was, for `RunEdits.undo`.
        failures: The runs that could not be changed.
        left: References that were not reached because somebody cancelled.
    """

    changes: Changes = field(default_factory=Changes)
    done: tuple[str, ...] = ()
    before: tuple[RunBefore, ...] = ()
    failures: tuple[RunFailure, ...] = ()
    left: tuple[str, ...] = ()

    def whole(self) -> Changes:
        """Returns the changes if every run was changed.

        Raises:
            StrongroomError: The first failure.
            Cancelled: If runs were left.
        """
        for failure in self.failures:
            raise failure.error
        if self.left:
            raise Cancelled
        return self.changes


class RunEdits:
    """Edits of runs in their folders, with the catalog brought after them.

    Args:
        catalog: The store's index.
        folder: Where the store lies.
        clock: What time it is.
        random_bytes: Where names of edit files come from.
    """

    def __init__(
        self, catalog: Catalog, folder: StoreFolder, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._catalog, self._folder = catalog, folder
        self._clock, self._random_bytes = clock, random_bytes

    def tag(
        self,
        references: Sequence[str],
        key: str,
        value: str | None,
        progress: Progress | None = None,
    ) -> EditOutcome:
        """Sets a tag, or removes it if the value is None.

        Raises:
            BadInput: ``E-SIZE`` for a key or value no run can have.
        """
        record = edits.tag(key, value)
        return self._change(
            references,
            lambda run: [] if run.tags.get(key) == value else [record],
            progress,
            what="Tagging runs",
            tags=(key,),
        )

    def rename_tag(
        self, references: Sequence[str], old: str, new: str, progress: Progress | None = None
    ) -> EditOutcome:
        """Gives a tag another name; runs without it stay as they are.

        A run that has another value under the new name is not changed, and told.

        Raises:
            BadInput: ``E-SIZE`` for a name no tag can have, ``E-USAGE`` for the same name.
        """
        if old == new:
            raise BadInput("E-USAGE", "Both names of the tag are the same", "Give another name.")
        gone = edits.tag(old, None)
        edits.tag(new, "")

        def records(run: Run) -> list[Record]:
            value = run.tags.get(old)
            if value is None:
                return []
            if run.tags.get(new, value) != value:
                raise _both(run, old, new)
            return [edits.tag(new, value), gone]

        return self._change(references, records, progress, what="Renaming a tag", tags=(old, new))

    def add_param(
        self, references: Sequence[str], key: str, value: str, progress: Progress | None = None
    ) -> EditOutcome:
        """Adds a param to runs that lack it; one that has another value is not changed, and told.

        Raises:
            BadInput: ``E-SIZE`` for a key or value no param can have.
        """
        record = edits.param(key, value)

        def records(run: Run) -> list[Record]:
            had = run.params.get(key)
            if had is not None and had != value:
                raise _written_once(run, key, had)
            return [] if had == value else [record]

        return self._change(references, records, progress, what="Adding a param", params=(key,))

    def delete(self, references: Sequence[str], progress: Progress | None = None) -> EditOutcome:
        """Hides runs; their bytes stay."""
        return self._hide(references, progress, is_deleted=True)

    def restore(self, references: Sequence[str], progress: Progress | None = None) -> EditOutcome:
        """Shows deleted runs again."""
        return self._hide(references, progress, is_deleted=False)

    def archive(self, references: Sequence[str], progress: Progress | None = None) -> EditOutcome:
        """Puts runs aside: hidden unless asked for."""
        return self._put_aside(references, progress, is_archived=True)

    def unarchive(self, references: Sequence[str], progress: Progress | None = None) -> EditOutcome:
        """Takes archived runs back."""
        return self._put_aside(references, progress, is_archived=False)

    def move(
        self, references: Sequence[str], experiment: str, progress: Progress | None = None
    ) -> EditOutcome:
        """Puts runs into another experiment, which need not exist yet.

        Raises:
            BadInput: ``E-FORMAT`` for a name no experiment can have.
        """
        record = edits.move(experiment, now_us=self._clock.now_us())
        return self._change(
            references,
            lambda run: [] if run.experiment == experiment else [record],
            progress,
            what="Moving runs",
        )

    def undo(self, outcome: EditOutcome, progress: Progress | None = None) -> EditOutcome:
        """Makes the runs of an outcome what they were before it."""
        before = {each.run_id: each for each in outcome.before}
        first = next(iter(outcome.before), None)
        return self._change(
            list(before),
            lambda run: list(self._back(run, before[run.run_id])),
            progress,
            what="Undoing",
            tags=() if first is None else tuple(key for key, _ in first.tags),
            params=() if first is None else tuple(key for key, _ in first.params),
        )

    def append(self, place: RunPlace, records: list[Record]) -> Changes:
        """Adds records to one run.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE``; nothing was changed then.
        """
        self._folder.require_writable()
        discovery.put_states(self._catalog, [self._append(place, records)])
        return Changes(runs=frozenset({place.run_id}))

    # ------------------------------------------------------------------ inside

    def _hide(
        self, references: Sequence[str], progress: Progress | None, *, is_deleted: bool
    ) -> EditOutcome:
        record = edits.deletion(is_deleted=is_deleted, now_us=self._clock.now_us())
        return self._change(
            references,
            lambda run: [] if run.is_deleted == is_deleted else [record],
            progress,
            what="Deleting runs" if is_deleted else "Restoring runs",
        )

    def _put_aside(
        self, references: Sequence[str], progress: Progress | None, *, is_archived: bool
    ) -> EditOutcome:
        record = edits.archiving(is_archived=is_archived, now_us=self._clock.now_us())
        return self._change(
            references,
            lambda run: [] if run.is_archived == is_archived else [record],
            progress,
            what="Archiving runs" if is_archived else "Taking runs back",
        )

    def _back(self, run: Run, before: RunBefore) -> Iterator[Record]:
        now_us = self._clock.now_us()
        if run.is_deleted != before.is_deleted:
            yield edits.deletion(is_deleted=before.is_deleted, now_us=now_us)
        if run.is_archived != before.is_archived:
            yield edits.archiving(is_archived=before.is_archived, now_us=now_us)
        if run.experiment != before.experiment:
            yield edits.move(before.experiment, now_us=now_us)
        for key, value in before.tags:
            if run.tags.get(key) != value:
                yield edits.tag(key, value)
        for key, value in before.params:
            has = run.params.get(key)
            if has is not None and value is None:
                yield edits.param_taken(key, has)
            elif has is None and value is not None:
                yield edits.param(key, value)

    def _change(
        self,
        references: Sequence[str],
        records: Records,
        progress: Progress | None,
        *,
        what: str,
        tags: tuple[str, ...] = (),
        params: tuple[str, ...] = (),
    ) -> EditOutcome:
        """Changes runs one by one; the catalog follows a few at a time, also after a failure."""
        self._folder.require_writable()
        watched = progress or Silent()
        named = list(dict.fromkeys(references))
        before: list[RunBefore] = []
        done: list[str] = []
        failures: list[RunFailure] = []
        waiting: list[RunState] = []
        left: list[str] = []
        for number, reference in enumerate(named):
            try:
                watched.step(number, len(named), what)
                run, place = self._find(reference)
                if wanted := records(run):
                    waiting.append(self._append(place, wanted))
                    before.append(_before(run, tags, params))
                done.append(run.run_id)
            except Cancelled:
                left = named[number:]
                break
            except StrongroomError as error:
                failures.append(RunFailure(reference=reference, error=error))
            if len(waiting) >= TOGETHER:
                discovery.put_states(self._catalog, waiting)
                waiting = []
        discovery.put_states(self._catalog, waiting)
        return EditOutcome(
            changes=Changes(runs=frozenset(each.run_id for each in before)),
            done=tuple(done),
            before=tuple(before),
            failures=tuple(failures),
            left=tuple(left),
        )

    def _find(self, reference: str) -> tuple[Run, RunPlace]:
        with self._catalog.read() as connection:
            place = place_of(connection, reference)
            return hydrate(connection, [place.id])[0], place

    def _append(self, place: RunPlace, records: list[Record]) -> RunState:
        path = self._folder.run(place.month, place.run_id)
        try:
            edits.edit(self._folder, path, records, clock=self._clock, random=self._random_bytes)
            observer = observe(self._clock.now_us())
            return discovery.read_for_catalog(self._folder, place.month, place.run_id, observer)
        except Timeout as error:
            raise EnvironmentFault(
                "E-STORE", "Another program is changing this run", "Try again in a moment."
            ) from error
        except OSError as error:
            raise fault(error, path) from error


def _before(run: Run, tags: Sequence[str], params: Sequence[str]) -> RunBefore:
    return RunBefore(
        run_id=run.run_id,
        experiment=run.experiment,
        is_deleted=run.is_deleted,
        is_archived=run.is_archived,
        tags=tuple((key, run.tags.get(key)) for key in tags),
        params=tuple((key, run.params.get(key)) for key in params),
    )


def _both(run: Run, old: str, new: str) -> BadInput:
    return BadInput(
        "E-USAGE",
        f"The run {run.name or run.run_id[:8]} has {old[:60]} and another {new[:60]}",
        "Decide which of the two is right, and set or remove that tag.",
    )


def _written_once(run: Run, key: str, had: str) -> BadInput:
    return BadInput(
        "E-USAGE",
        f"The run {run.name or run.run_id[:8]} has logged {key[:60]} as “{had[:60]}”",
        "A param is written once. Waive the rule for this run, or tag it.",
    )

# SPDX-License-Identifier: Apache-2.0
"""What people do with runs: look for them, look at them, label, hide, close and copy them.

* Reads answer from the catalog and, for one run, from its folder.
* Changes append to the run's folder first and bring the catalog after it; they return `Changes`.
* A run is named by its id, by the start of its id, or by its name where that is unique.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.contract import judge
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.query import Field
from strongroom.domain.run import RunDetail, RunStatus
from strongroom.domain.unreadable import UnreadableRun
from strongroom.journal.series import Series
from strongroom.services.contracts import Contracts
from strongroom.services.histories import history_of
from strongroom.services.logged_models import LoggedModels
from strongroom.services.metric_schema import MetricSchemas
from strongroom.services.questions import Questions
from strongroom.services.run_closing import RunClosing
from strongroom.services.run_edits import RunEdits
from strongroom.store import discovery, edits, search
from strongroom.store.artifacts import verify_artifacts
from strongroom.store.bulk_sealing import seal_finished
from strongroom.store.catalog import Catalog, refuse_share
from strongroom.store.discovery import StoredFinding
from strongroom.store.hydration import hydrate
from strongroom.store.liveness import observe
from strongroom.store.run_columns import Column, columns, values
from strongroom.store.run_places import RunPlace, all_places, place_of, places_of
from strongroom.store.run_state import RunState, read_state
from strongroom.store.seal_check import verify_sealed
from strongroom.store.search import Page
from strongroom.store.series import StepRange
from strongroom.store.store_folder import StoreFolder, fault, open_store_folder
from strongroom.store.unreadable_runs import unreadable_named, unreadable_runs


class Runs:
    """The runs of one store.

    Args:
        catalog: The store's index.
        folder: Where the store lies.
        clock: What time it is.
        random_bytes: Where names of temporary and edit files come from (`os.urandom`).
    """

    def __init__(
        self, catalog: Catalog, folder: StoreFolder, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self.catalog = catalog
        self.folder = folder
        self._clock = clock
        self.random_bytes = random_bytes
        self.metric_schemas = MetricSchemas(folder)
        self.contracts = Contracts(folder)
        self.models = LoggedModels(catalog, folder)
        self.questions = Questions(self.metric_schemas, self.contracts, self.models, catalog)
        self.edits = RunEdits(catalog, folder, clock, random_bytes)
        self.closing = RunClosing(catalog, folder, clock, self.edits)

    @property
    def only_read(self) -> str:
        """Why the store is only read, a sentence without a full stop; "" if it may be changed."""
        return self.folder.only_read

    # ------------------------------------------------------------------ reading

    def refresh(self, progress: Progress | None = None) -> Changes:
        """Takes in what programs logged since the last look, and seals what has ended.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
            Cancelled: Between two batches of runs; what was done stays.
        """
        watched = progress or Silent()
        try:
            changes = discovery.discover(self.catalog, self.folder, self._clock, watched)
            if not self.folder.only_read:
                observer = observe(self._clock.now_us())
                changes |= Changes(runs=seal_finished(self.catalog, self.folder, observer, watched))
        except OSError as error:
            raise fault(error, self.folder.root) from error
        return changes

    @contextlib.contextmanager
    def rebuilding(self, progress: Progress | None = None) -> Iterator[Catalog]:
        """Reads every run folder into a new catalog, which takes the old one's place at the end.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
            Cancelled: Between two batches of runs; the old catalog stays.
        """
        try:
            with self.catalog.rebuilding(self.folder.cache) as fresh:
                discovery.discover(fresh, self.folder, self._clock, progress or Silent())
                yield fresh
        except OSError as error:
            raise fault(error, self.folder.root) from error

    def search(
        self,
        filter: str = "",  # noqa: A002 - the word users know from MLflow's search_runs
        *,
        experiment: str = "",
        order_by: str = "",
        limit: int = 100,
        offset: int = 0,
        is_deleted: bool = False,
        is_archived: bool = False,
    ) -> Page:
        """Returns one page of the runs a filter holds for, and how many there are in all.

        Raises:
            FilterError: With the position of what cannot be read.
        """
        if limit < 0 or offset < 0:
            raise BadInput("E-USAGE", "A limit or offset is negative", "Use 0 or more.")
        tree, orders = self.questions.filter(filter), self.questions.orders(order_by)
        with self.catalog.read() as connection:
            return search.search(
                connection,
                tree=tree,
                experiment=experiment,
                orders=orders,
                limit=min(limit, search.MAX_PAGE),
                offset=min(offset, 1 << 40),
                is_deleted=is_deleted,
                is_archived=is_archived,
            )

    def columns(self, experiment: str = "") -> tuple[Column, ...]:
        """Returns the metrics, params and tags runs have, with the number of runs for each."""
        with self.catalog.read() as connection:
            return columns(connection, experiment)

    def values(self, field: Field, *, start: str = "", limit: int = 100) -> tuple[str, ...]:
        """Returns the first values runs have for a param, tag, dataset fact, name or experiment."""
        with self.catalog.read() as connection:
            return values(connection, field, start=start, limit=limit)

    def show(self, reference: str) -> RunDetail:
        """Returns everything a run's page shows, read from its folder.

        Raises:
            BadInput: ``E-RUN`` if the text names no run or several.
            Untrusted: If the folder cannot be trusted.
        """
        place = self.place(reference)
        with self.catalog.read() as connection:
            (run,) = hydrate(connection, [place.id])
        state = self._read(place)
        contracts = self.contracts.speaking_for(state.experiment)
        return RunDetail(
            run=replace(
                run,
                is_deleted=state.is_deleted,
                is_archived=state.is_archived,
                is_lost=state.is_lost,
                is_sealed=state.is_sealed,
            ),
            parent=state.parent,
            source={key: _text(value) for key, value in state.source.items()},
            artifacts=tuple(
                ArtifactFile(path=each.path, size_bytes=each.size_bytes, sha256=each.sha256)
                for each in sorted(state.artifacts, key=lambda item: item.path)
            ),
            inputs=state.inputs,
            notes=state.notes,
            lost=state.lost,
            warnings=tuple(f"{code}: {file}: {text}" for code, file, text in state.findings),
            violations=tuple(
                f"{each.contract}: {each.sentence}"
                for each in judge(contracts, self.models.facts(state, contracts))
                if not each.waived
            ),
            processes=state.processes,
            last_seen_us=state.last_seen_us,
        )

    def history(
        self,
        reference: str,
        key: str,
        *,
        first: int | None = None,
        last: int | None = None,
        points: int | None = None,
    ) -> Series:
        """Returns the points of a metric ordered by step, then as written.

        Args:
            reference: The run by id, start of id or name.
            key: The metric.
            first: The lowest step that is asked, None for the beginning.
            last: The highest step that is asked, None for the end.
            points: About how many points are enough. With more, the lowest and the highest of
                every so many stay: real points, and no extreme is lost.

        Raises:
            BadInput: ``E-RUN`` for an unknown run, ``E-METRIC`` for a metric it does not have,
                ``E-SIZE`` for more points than memory may be asked for.
            Untrusted: ``E-HASH`` if stored points do not hold.
        """
        place = self.place(reference)
        return history_of(self._path(place), place, key, StepRange(first=first, last=last), points)

    def histories(
        self,
        references: Sequence[str],
        key: str,
        *,
        first: int | None = None,
        last: int | None = None,
        points: int | None = None,
    ) -> Iterator[tuple[str, Series]]:
        """Yields run id and points of one metric for each of many runs that has it; see `history`.

        Raises:
            BadInput: ``E-RUN``, ``E-SIZE``, ``E-USAGE`` for a range that says nothing.
            Untrusted: ``E-HASH`` if stored points of a run do not hold.
        """
        steps = StepRange(first=first, last=last)
        for place in self.places(references):
            try:
                found = history_of(self._path(place), place, key, steps, points)
            except BadInput as error:
                if error.code != "E-METRIC":
                    raise
            else:
                yield place.run_id, found

    def unreadable(self) -> tuple[UnreadableRun, ...]:
        """Returns the run folders that could not be read at the last look: they have no row."""
        with self.catalog.read() as connection:
            return unreadable_runs(connection, self.folder)

    def findings(self) -> tuple[StoredFinding, ...]:
        """Returns what was wrong with run folders at the last look."""
        with self.catalog.read() as connection:
            return discovery.findings(connection)

    def verify(self, progress: Progress | None = None) -> Iterator[StoredFinding]:
        """Yields every run folder's damage after reading all bytes of all sealed runs again."""
        watched = progress or Silent()
        yield from self.findings()
        with self.catalog.read() as connection:
            places = all_places(connection)
        for number, place in enumerate(places):
            watched.step(number, len(places), "Checking runs")
            yield from self._verify(place)

    def verify_run(self, reference: str) -> Iterator[StoredFinding]:
        """Yields the damage of one run after reading all its bytes.

        Raises:
            BadInput: ``E-RUN``.
        """
        yield from self._verify(self.place(reference))

    def place(self, reference: str) -> RunPlace:
        """Returns the one run a text means.

        Raises:
            BadInput: ``E-RUN`` if it names none or several.
            Untrusted: If it names a run folder that cannot be read; the code says why.
        """
        with self.catalog.read() as connection:
            try:
                return place_of(connection, reference)
            except BadInput:
                found = unreadable_runs(connection, self.folder)
                if (error := unreadable_named(found, reference)) is not None:
                    raise error from None
                raise

    def places(self, references: Sequence[str]) -> tuple[RunPlace, ...]:
        """Returns the one run that each of many texts means, in their order.

        Raises:
            BadInput: ``E-RUN`` if one of them names none or several.
        """
        with self.catalog.read() as connection:
            return places_of(connection, references)

    def run_folder(self, reference: str) -> Path:
        """Returns the folder of a run.

        Raises:
            BadInput: ``E-RUN``.
        """
        return self._path(self.place(reference))

    def now_us(self) -> int:
        """Returns the time, microseconds UTC."""
        return self._clock.now_us()

    # ------------------------------------------------------------------ changing

    def tag(self, references: Sequence[str], key: str, value: str | None) -> Changes:
        """Sets a tag on runs, or removes it if the value is None; see `RunEdits` for many."""
        return self.edits.tag(references, key, value).whole()

    def note(self, reference: str, text: str) -> Changes:
        """Adds a note to a run."""
        return self.edits.append(self.place(reference), [edits.note(text)])

    def delete(self, references: Sequence[str]) -> Changes:
        """Hides runs; their bytes stay and `restore` brings them back."""
        return self.edits.delete(references).whole()

    def restore(self, references: Sequence[str]) -> Changes:
        """Shows deleted runs again."""
        return self.edits.restore(references).whole()

    def close(self, reference: str, status: RunStatus = RunStatus.KILLED) -> Changes:
        """Ends a run whose process is gone without saying so; see `RunClosing` for many."""
        return self.closing.close([reference], status).whole()

    # ------------------------------------------------------------------ inside

    def _read(self, place: RunPlace) -> RunState:
        return read_state(self._path(place), observe(self._clock.now_us()))

    def _path(self, place: RunPlace) -> Path:
        return self.folder.run(place.month, place.run_id)

    def _verify(self, place: RunPlace) -> Iterator[StoredFinding]:
        name, path = f"{place.month}/{place.run_id}", self._path(place)
        blobs = self.folder.blobs
        for found in verify_sealed(path, place.sealed_sha256, blobs=blobs):
            yield StoredFinding(code=found.code, path=f"{name}/{found.path}", detail=found.detail)
        try:
            state = self._read(place)
        except (Untrusted, OSError) as error:
            if not place.sealed_sha256:
                code = error.code if isinstance(error, Untrusted) else "E-MISSING"
                yield StoredFinding(code=code, path=name, detail=str(error))
            return
        for code, file, detail in verify_artifacts(path, state.artifacts, blobs=self.folder.blobs):
            yield StoredFinding(code=code, path=f"{name}/artifacts/{file}", detail=detail)


def open_runs(root: Path, clock: Clock, random_bytes: RandomBytes) -> Runs:
    """Opens the runs of a store, creating the store if there is none.

    Raises:
        EnvironmentFault: ``E-SHARE``, ``E-STORE``, ``E-FULL``.
    """
    refuse_share(root.absolute())  # before a store is made there
    folder = open_store_folder(root, clock=clock, random_bytes=random_bytes)
    return Runs(Catalog.open(folder.catalog), folder, clock, random_bytes)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)

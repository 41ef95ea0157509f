# SPDX-License-Identifier: Apache-2.0
"""Seals many finished runs: while one is prepared, the disk makes others durable.

* Each run goes through every step of `sealing` in its order; only different runs overlap.
* The catalog learns of a sealed run from what was just written, not from reading it again. A run
  that something was added to meanwhile is left to the next look.
"""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from filelock import Timeout

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress
from strongroom.journal.files import is_journal
from strongroom.store import discovery
from strongroom.store.catalog import Catalog
from strongroom.store.liveness import Observer
from strongroom.store.run_index import SealedState
from strongroom.store.run_places import RunPlace, unsealed_places
from strongroom.store.run_state import list_folder
from strongroom.store.sealing import Prepared, prepare, publish, run_lock
from strongroom.store.store_folder import StoreFolder

BATCH = 64  # runs a month's lock is held for, a fraction of a second, and a transaction
WRITERS = 4  # fsyncs under way at once share one commit of the file system; more gain nothing


def seal_finished(
    catalog: Catalog, folder: StoreFolder, observer: Observer, progress: Progress
) -> frozenset[str]:
    """Seals the runs that have ended and brings the catalog after them; returns their ids.

    Raises:
        OSError: If a folder cannot be written; runs sealed before it stay sealed.
        Cancelled: Between two batches; what was done stays.
    """
    with catalog.read() as connection:
        places = unsealed_places(connection)
    done = 0
    sealed: set[str] = set()
    for batch in _batches(places):
        progress.step(done, len(places), "Sealing finished runs")
        states = _seal_batch(
            catalog, [folder.run(each.month, each.run_id) for each in batch], observer
        )
        discovery.put_sealed(catalog, states)
        sealed.update(each.state.run_id for each in states)
        done += len(batch)
    return frozenset(sealed)


def _batches(places: Sequence[RunPlace]) -> Iterator[list[RunPlace]]:
    """Yields neighbours of one month together: they share a lock."""
    for _, group in itertools.groupby(places, key=lambda place: place.month):
        while part := list(itertools.islice(group, BATCH)):
            yield part


def _seal_batch(catalog: Catalog, folders: Sequence[Path], observer: Observer) -> list[SealedState]:
    waiting: set[Future[SealedState | None]] = set()
    found: list[SealedState | None] = []
    try:
        with run_lock(folders[0]), ThreadPoolExecutor(WRITERS) as pool:
            for folder in folders:
                try:
                    prepared = prepare(folder, observer)
                except Untrusted as error:
                    discovery.report(catalog, f"{folder.parent.name}/{folder.name}", error)
                    continue
                except FileNotFoundError:
                    continue  # removed meanwhile; the next look says so
                if prepared is not None:
                    waiting.add(pool.submit(_publish, catalog, prepared))
                if len(waiting) > WRITERS:  # bounds what is held in memory
                    ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    found += [future.result() for future in ready]
            found += [future.result() for future in waiting]
    except Timeout:
        return []  # another program is at it
    return [each for each in found if each is not None]


def _publish(catalog: Catalog, prepared: Prepared) -> SealedState | None:
    folder = prepared.folder
    try:
        publish(prepared)
    except Untrusted as error:
        discovery.report(catalog, f"{folder.parent.name}/{folder.name}", error)
        return None
    stamp = discovery.folder_stamp(folder)  # before looking: a file that comes later changes it
    names, files = list_folder(folder)
    if any(map(is_journal, names)):
        return None
    state = replace(
        prepared.state,
        month=folder.parent.name,
        folder_stamp=stamp,
        file_stamp=files,
    )
    return SealedState(state=state, stamp=prepared.stamp)

# SPDX-License-Identifier: Apache-2.0
"""The signatures of logged models: what a contract's rule about them is answered from.

* Files are read once, by digest, when the first question about signatures comes; each byte is
  checked. A file that cannot be read leaves a model without a signature and with the reason.
* The catalog answers for many runs what the folder answers for one.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from strongroom.domain.contract import Contract, Subject
from strongroom.domain.contract_query import with_models
from strongroom.domain.errors import StrongroomError, Untrusted
from strongroom.domain.model import MODEL_FILE
from strongroom.domain.model_signature import LoggedModel
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.query import Among, Filter, Unsigned
from strongroom.domain.query_holds import holds
from strongroom.domain.run_facts import RunFacts
from strongroom.models.mlmodel import read_logged
from strongroom.models.strict_yaml import MAX_YAML_BYTES
from strongroom.store import model_facts
from strongroom.store.artifacts import read_artifact
from strongroom.store.catalog import Catalog
from strongroom.store.content import Content
from strongroom.store.contract_breaches import facts_of
from strongroom.store.liveness import Observer
from strongroom.store.model_facts import ModelPlace, Signature
from strongroom.store.run_state import RunState
from strongroom.store.store_folder import StoreFolder

BATCH = 500  # files that are read before what they say is kept


class LoggedModels:
    """The logged models of one store; share it between threads.

    Args:
        catalog: Remembers what was read.
        folder: Where the files lie.
    """

    def __init__(self, catalog: Catalog, folder: StoreFolder) -> None:
        self._catalog, self._folder = catalog, folder

    def facts(self, state: RunState, contracts: Iterable[Contract]) -> RunFacts:
        """Returns what a run's folder tells some contracts."""
        facts = facts_of(state)
        return replace(facts, models=self.of(state)) if asks_signatures(contracts) else facts

    def of(self, state: RunState) -> tuple[LoggedModel, ...]:
        """Returns the models among the artifacts of a run, as its folder has them."""
        folder = self._folder.find_run(state.run_id) or Path(state.run_id)  # gone meanwhile
        blobs = self._folder.blobs
        return tuple(
            _model(
                each.path,
                partial(read_artifact, folder, each, max_bytes=MAX_YAML_BYTES + 1, blobs=blobs),
            )
            for each in state.artifacts
            if _is_model(each.path)
        )

    def of_rows(self, rows: Sequence[int]) -> dict[int, tuple[LoggedModel, ...]]:
        """Returns the models of runs by their catalog ids; runs without one are left out."""
        with self._catalog.read() as connection:
            places = model_facts.model_places(connection, rows)
        found: dict[int, tuple[LoggedModel, ...]] = {}
        for run, model in self._models(places, Silent()):
            found[run] = (*found.get(run, ()), model)
        return found

    def settled(self, tree: Filter, progress: Progress | None = None) -> Filter:
        """Returns the filter with the runs in it that break rules about signatures.

        Raises:
            Cancelled: Between two batches of files; what was read stays.
        """
        known: list[tuple[int, LoggedModel]] | None = None

        def answered(question: Unsigned) -> Filter:
            nonlocal known
            if known is None:
                with self._catalog.read() as connection:
                    places = model_facts.model_places(connection)
                known = self._models(places, progress or Silent())
            runs = {run for run, model in known if holds(question, RunFacts(models=(model,)))}
            return Among(ids=json.dumps(sorted(runs)))

        return with_models(tree, answered)

    # ------------------------------------------------------------------ inside

    def _models(
        self, places: Sequence[ModelPlace], progress: Progress
    ) -> list[tuple[int, LoggedModel]]:
        digests = sorted({place.sha256 for place in places})
        with self._catalog.read() as connection:
            known = model_facts.known_signatures(connection, digests)
        problems: dict[str, str] = {}
        missing = [place for place in {p.sha256: p for p in places}.values()
                   if place.sha256 not in known]  # fmt: skip
        content = Content(self._folder, self._catalog, Observer(now_us=0, boot_id=""))
        for start in range(0, len(missing), BATCH):
            progress.step(start, len(missing), "Reading models")
            read = self._read(content, missing[start : start + BATCH], problems)
            known |= read
            self._keep(read)
        return [
            (run, LoggedModel(
                path=path.removesuffix(MODEL_FILE).rstrip("/"),
                inputs=known.get(sha256, _NOTHING)[0],
                outputs=known.get(sha256, _NOTHING)[1],
                problem=problems.get(sha256, ""),
            ))
            for run, path, sha256 in places
        ]  # fmt: skip

    def _read(
        self, content: Content, places: Sequence[ModelPlace], problems: dict[str, str]
    ) -> dict[str, Signature]:
        found: dict[str, Signature] = {}
        for _, path, sha256 in places:
            model = _model(path, partial(content.read, sha256, max_bytes=MAX_YAML_BYTES))
            if model.problem:
                problems[sha256] = model.problem
            else:
                found[sha256] = model.inputs, model.outputs
        return found

    def _keep(self, found: dict[str, Signature]) -> None:
        if found:
            with self._catalog.begin() as connection:
                model_facts.keep_signatures(connection, found)


_NOTHING: Signature = ((), ())


def asks_signatures(contracts: Iterable[Contract]) -> bool:
    """Whether a rule of some contracts is about signatures."""
    return any(rule.subject is Subject.SIGNATURE for each in contracts for rule in each.rules)


def _is_model(path: str) -> bool:
    return path == MODEL_FILE or path.endswith(f"/{MODEL_FILE}")


def _model(path: str, read: Callable[[], bytes]) -> LoggedModel:
    """Returns the model of a file, or why it cannot be read."""
    try:
        return read_logged(path, read())
    except (StrongroomError, OSError) as error:
        why = error.title if isinstance(error, Untrusted) else str(error)
        return LoggedModel(path=path.removesuffix(MODEL_FILE).rstrip("/"), problem=why)

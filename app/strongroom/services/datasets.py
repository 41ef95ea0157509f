# SPDX-License-Identifier: Apache-2.0
"""The data that runs used: whether it is still the same, and which runs used the same.

* The digest decides. Size, rows and columns only say what changed.
* Data is read where the run says it lay; nothing is fetched, nothing is executed, and a place on
  the network that a stranger's run names is not visited.
* One reading serves all runs that are asked about together.
"""

import hashlib
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.disk.data_digest import data_digest
from strongroom.disk.data_version import version_of
from strongroom.domain.data_profile import DataProfile, read_profile
from strongroom.domain.dataset_check import DataFinding, DataShape, DataVerdict, differences
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.run import Run, RunDetail
from strongroom.services.runs import Runs
from strongroom.store.data_shape import recorded_shape, shape_of

MOST_RUNS = 500  # runs named for one digest
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_HASHES = {32: "md5", 40: "sha1"}
_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetUse:
    """A dataset of a run and the other runs that used data with the same digest."""

    name: str
    digest: str
    runs: tuple[Run, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPair:
    """A dataset of two runs with what its columns held; ``is_same`` if the digests agree."""

    name: str
    before: DataProfile
    now: DataProfile
    is_same: bool


class Datasets:
    """The datasets of a store's runs.

    Args:
        runs: The runs of the store.
        host: The name of this machine.
    """

    def __init__(self, runs: Runs, host: str | None = None) -> None:
        self._runs = runs
        self._host = platform.node() if host is None else host

    def check(
        self,
        reference: str,
        *,
        name: str = "",
        at: Path | None = None,
        progress: Progress | None = None,
    ) -> tuple[DataFinding, ...]:
        """Says of each dataset of a run whether it is still what the run used.

        Args:
            reference: The run.
            name: Only the dataset of this name.
            at: Where that dataset lies now, if it was moved; only with one dataset.
            progress: Hears bytes; may cancel.

        Raises:
            BadInput: ``E-RUN``; ``E-DATASET`` if the run has no such dataset, or several and
                ``at`` was given.
            Cancelled: Between two pieces.
        """
        return self._check(self._runs.show(reference), _Readings(progress), name, at)

    def check_many(
        self, references: Sequence[str], progress: Progress | None = None
    ) -> tuple[tuple[str, tuple[DataFinding, ...]], ...]:
        """Returns for each run its id and the findings of its datasets, each place read once.

        Raises:
            BadInput: ``E-RUN``.
            Cancelled: Between two pieces.
        """
        readings, found = _Readings(progress), []
        for reference in references:
            detail = self._runs.show(reference)
            findings = self._check(detail, readings) if detail.inputs else ()
            found.append((detail.run.run_id, findings))
        return tuple(found)

    def uses(self, reference: str, limit: int = MOST_RUNS) -> tuple[DatasetUse, ...]:
        """Returns for each dataset of a run the other runs that used the same data.

        Raises:
            BadInput: ``E-RUN``.
        """
        detail = self._runs.show(reference)
        found = []
        for digest, given in _by_digest(detail.inputs).items():
            page = self._runs.search(digest_filter(digest), limit=min(limit, MOST_RUNS) + 1)
            others = [run for run in page.runs if run.run_id != detail.run.run_id]
            found.append(
                DatasetUse(
                    name=given.get("name", ""),
                    digest=digest,
                    runs=tuple(others[:limit]),
                    total=max(0, page.total - 1),
                )
            )
        return tuple(found)

    def pairs(self, before: str, now: str) -> tuple[DatasetPair, ...]:
        """Returns the datasets of two runs that were logged for the same, with their profiles.

        Those of one name and use belong together, then those of one use.

        Raises:
            BadInput: ``E-RUN``; ``E-DATASET`` if no two of them have a profile to compare.
        """
        old, new = (list(self._runs.show(each).inputs) for each in (before, now))
        found = [*_matched(old, new, ("context", "name")), *_matched(old, new, ("context",))]
        pairs = tuple(pair for one, other in found if (pair := _pair(one, other)) is not None)
        if not pairs:
            raise BadInput(
                "E-DATASET",
                "The two runs logged no data with a profile for the same use",
                "sr.log_input(data, context=...) looks at each column unless profile=False.",
            )
        return pairs

    def users_of(self, digest: str, limit: int = MOST_RUNS) -> tuple[tuple[Run, ...], int]:
        """Returns the runs that used data with a digest, and how many there are."""
        page = self._runs.search(digest_filter(digest), limit=min(limit, MOST_RUNS))
        return page.runs, page.total

    # ------------------------------------------------------------------ inside

    def _check(
        self, detail: RunDetail, readings: "_Readings", name: str = "", at: Path | None = None
    ) -> tuple[DataFinding, ...]:
        wanted = [each for each in detail.inputs if not name or each.get("name") == name]
        if not wanted:
            what = f"no dataset {name}" if name else "no datasets"
            raise BadInput(
                "E-DATASET", f"The run logged {what}", "strongroom runs show lists what it logged."
            )
        if at is not None and len(wanted) > 1:
            raise BadInput(
                "E-DATASET",
                f"The run has {len(wanted)} datasets and one place was given",
                "Name the dataset with --name.",
            )
        return tuple(self._look(each, detail, at, readings) for each in wanted)

    def _look(
        self, given: Mapping[str, str], detail: RunDetail, at: Path | None, readings: "_Readings"
    ) -> DataFinding:
        told = given.get("path") or given.get("source", "")
        is_ours = detail.run.host == self._host

        def found(verdict: DataVerdict, sentence: str, **more: Any) -> DataFinding:  # noqa: ANN401
            return DataFinding(
                name=given.get("name", ""),
                context=given.get("context", ""),
                source=str(at) if at is not None else told,
                verdict=verdict,
                sentence=sentence,
                snapshot=given.get("snapshot", ""),
                **more,
            )

        if why := _why_not(given, told, is_given=at is not None, is_ours=is_ours):
            return found(DataVerdict.UNKNOWN, why)
        place = at if at is not None else _place(told, detail.source.get("cwd", ""))
        try:
            if not place.exists():
                return found(*_absent(given, place, detail.run.host, is_ours or at is not None))
            digest = readings.digest(place, given["digest"])
            if digest == given["digest"]:
                size = readings.size(place)
                words = f"All {size:,} bytes were read and are those the run used."
                return found(DataVerdict.SAME, words, digest=digest)
            changes = differences(recorded_shape(dict(given)), readings.shape(place))
        except (OSError, Untrusted) as error:
            why = str(error.title if isinstance(error, Untrusted) else error.strerror or error)
            return found(DataVerdict.UNKNOWN, f"{place} cannot be read: {why}.")
        return found(
            DataVerdict.CHANGED,
            f"What lies at {place} is not what the run used.",
            changes=changes,
            digest=digest,
        )


class _Readings:
    """What was read of each place, once however many runs ask."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress or Silent()
        self._found: dict[tuple[Path, str], tuple[str, int]] = {}

    def digest(self, place: Path, like: str) -> str:
        """Returns the digest of a place, made as the one it is compared with."""
        kind = _HASHES.get(len(like), "sha256")
        if (place, kind) not in self._found:
            self._found[place, kind] = self._read(place, kind)
        return self._found[place, kind][0]

    def size(self, place: Path) -> int:
        """Returns how many bytes were read of a place."""
        return next(size for (at, _), (_, size) in self._found.items() if at == place)

    def shape(self, place: Path) -> DataShape:
        """Returns size, rows and columns of a place."""
        if place.is_dir():
            return DataShape(size_bytes=self.size(place))
        return shape_of(place, self._progress)

    def _read(self, place: Path, kind: str) -> tuple[str, int]:
        if kind == "sha256":
            found = data_digest(place, self._progress)
            return found.sha256, found.size_bytes
        if place.is_dir():
            raise OSError(0, f"a folder has no {kind.upper()}")
        running = hashlib.new(kind, usedforsecurity=False)  # the digest a person gave by hand
        found = data_digest(place, self._progress, beside=[running])
        return running.hexdigest(), found.size_bytes


def digest_filter(digest: str) -> str:
    """Returns the filter that holds for runs which used data with this digest."""
    quoted = digest.replace("'", "''")
    return f"dataset.digest = '{quoted}'"


def _matched(
    old: list[dict[str, str]], new: list[dict[str, str]], by: Sequence[str]
) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Takes those out of both lists that agree in some fields."""
    found = []
    for one in list(old):
        key = [one.get(field, "") for field in by]
        other = next((o for o in new if [o.get(field, "") for field in by] == key), None)
        if other is not None:
            found.append((one, other))
            old.remove(one)
            new.remove(other)
    return found


def _pair(one: Mapping[str, str], other: Mapping[str, str]) -> DatasetPair | None:
    before, now = (read_profile(each.get("profile", "")) for each in (one, other))
    if before is None or now is None:
        return None
    names = list(dict.fromkeys(each.get("name", "") or "dataset" for each in (one, other)))
    digests = {each.get("digest", "") for each in (one, other)}
    return DatasetPair(
        name=" and ".join(names),
        before=before,
        now=now,
        is_same=len(digests) == 1 and "" not in digests,
    )


def _by_digest(inputs: Sequence[dict[str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in inputs:
        if digest := each.get("digest", ""):
            found.setdefault(digest, each)
    return found


def _why_not(given: Mapping[str, str], told: str, *, is_given: bool, is_ours: bool) -> str:
    """Returns why nothing can be compared, "" if it can."""
    digest = given.get("digest", "")
    is_network = told.startswith(("\\\\", "//"))
    reasons = (
        (not digest, "The run logged no digest of it."),
        (
            not _HEX.fullmatch(digest),
            f"Its digest {digest[:80]} was given by hand and is of a kind not known here.",
        ),
        (
            given.get("source_type") == "code",
            "It was an array in memory. Log the file it comes from, and it can be checked.",
        ),
        (not told and not is_given, "The run did not say where it lay: say it with --at."),
        (
            bool(_URI.match(told)) and not is_given,
            f"It lies at {told[:200]}, and nothing is fetched.",
        ),
        (
            is_network and not is_ours and not is_given,
            "Another machine's run names a network place, which is not visited by itself.",
        ),
    )
    return next((why for holds, why in reasons if holds), "")


def _place(told: str, folder: str) -> Path:
    return Path(folder, told) if folder else Path(told)


def _absent(
    given: Mapping[str, str], place: Path, host: str, is_ours: bool
) -> tuple[DataVerdict, str]:
    version = given.get("version", "")
    kept = ""
    if version and version_of(place) == version:
        kept = f" {version.partition(':')[0]} still names this version and can bring it back."
    if is_ours:
        return DataVerdict.GONE, f"Nothing lies at {place} any more.{kept}"
    return DataVerdict.UNKNOWN, f"The run read it on {host}; nothing lies at {place} here.{kept}"

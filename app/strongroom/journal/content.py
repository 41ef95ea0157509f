# SPDX-License-Identifier: Apache-2.0
"""What the journals of a run say, as frozen values.

* `Finding` is the one way to say that bytes were not what they should be; reading goes on.
"""

from dataclasses import dataclass, field

from strongroom.domain.canonical import JsonValue
from strongroom.domain.run import RunProcess, RunStatus
from strongroom.journal.series import Series


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with stored bytes: a code, the file, the byte offset, and one sentence.

    Codes: ``E-HASH`` changed bytes before good ones, ``W-TORN`` an unfinished end was dropped,
    ``E-FORMAT`` readable but not allowed, ``E-MISSING`` a named thing is not there,
    ``E-SIZE`` over a limit, ``E-PATH`` a forbidden path.
    """

    code: str
    path: str
    offset: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What ``run.json`` says; ``parent`` is "" for a run of its own, times in microseconds UTC.

    ``format`` is larger than `layout.RUN_FORMAT` if a newer Strongroom wrote it: what is known of
    it is here, and the run is only read.
    """

    run_id: str
    experiment: str
    name: str
    parent: str
    started_us: int
    host: str
    user: str
    source: dict[str, JsonValue]
    format: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArtifact:
    """A file the run keeps: ``container`` is ``w-xxxx.pack`` or ``obj/<sha256>`` in its folder."""

    path: str
    size_bytes: int
    sha256: str
    container: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterState:
    """One file of one process: does it lead the run, has it ended, when was it last heard of."""

    file: str
    is_primary: bool
    """Whether the end of this file is the end of the run: the first process, or the newest one
    that resumed the run and claimed it with a status record."""
    ended: bool
    status: RunStatus | None
    last_seen_us: int
    pid: int
    boot_id: str
    created_us: int = 0
    process: RunProcess | None = None
    """What it says of itself; None for the process of a run that has one."""
    says_alive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalContent:
    """Everything the journals of one run say, in the order (file's creation, position)."""

    header: RunHeader
    status: RunStatus
    ended_us: int | None
    params: dict[str, str]
    tags: dict[str, str]
    inputs: tuple[dict[str, str], ...]
    artifacts: tuple[StoredArtifact, ...]
    metrics: dict[str, Series]
    notes: tuple[str, ...]
    lost: dict[str, int]
    writers: tuple[WriterState, ...]
    findings: tuple[Finding, ...]
    is_deleted: bool
    is_archived: bool | None = None
    """None if nobody archived it or took it back."""
    moved_to: str = ""
    """The experiment a person moved the run to; '' if it is where it was logged."""
    params_taken: dict[str, str] = field(default_factory=dict)
    """Params that an edit had added and another one took back, with the text they had."""

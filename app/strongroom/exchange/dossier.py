# SPDX-License-Identifier: Apache-2.0
"""What the evidence says about one version: the story that an audit package tells.

* Nothing is told from half of the evidence: a gap, a fork or a missing file refuses the story.
* It holds only what follows from signed files, so that an independent reader can tell it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from strongroom.domain import canonical
from strongroom.domain.bundle import MODEL_VERSION, RUN, Manifest, parse_manifest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.domain.ids import is_run_id
from strongroom.domain.registry import ModelVersion, TransitionRequest, Vote
from strongroom.domain.votes import Court
from strongroom.exchange.checkpoints import Met, agreed, contradictions
from strongroom.store.content import Content
from strongroom.store.repository import Repository
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope
from strongroom.trust.checkpoint import SignedCheckpoint

RUN_FILES = ("run.json", SEALED_FILE, METRICS_FILE)
MAX_SEALED_BYTES = 64 * 1024 * 1024  # the limit for a manifest: it lists the same files
_COMPLETE = "Pull until it is complete; strongroom verify and the Audit page show what is wrong."
NO_TIME = "1970-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvidence:
    """A finished run: the event that says so, the manifest of its files, what was sealed."""

    event: Event
    manifest: Manifest
    sealed: Mapping[str, JsonValue]

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.event.body["run"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One version with everything that was signed about it."""

    snapshot: Snapshot
    version: ModelVersion
    manifest: Manifest
    run: RunEvidence | None
    content: Content
    words: Sequence[SignedCheckpoint] = ()
    """What writers and witnesses have signed of the logs."""

    @property
    def request(self) -> TransitionRequest | None:
        """The effective request that gave the version its stage, None if nobody ever did."""
        return self.snapshot.state.requests.get(self.version.by)

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """The approvals that counted, one a person, by event id."""
        request = self.request
        if request is None or request.is_emergency:
            return ()
        found: dict[str, Vote] = {}
        refusing = _refusing(self.snapshot, request)
        for vote in sorted(request.approvals, key=lambda vote: vote.event):
            if vote.person not in refusing:
                found.setdefault(vote.person, vote)
        return tuple(found.values())

    @property
    def policy_digest(self) -> str:
        """The policy that the request and its approvals name, "" without one."""
        request = self.request
        return str(request.event.body.get("policy", "")) if request else ""

    @property
    def newest_time(self) -> str:
        """The newest time that any event claims: what the package is dated by, for want of more."""
        times = [event.time for event in self.snapshot.chains.events() if _is_time(event.time)]
        return max(times, default=NO_TIME)

    @property
    def timeline(self) -> tuple[Event, ...]:
        """Every event about this version and its run, by claimed time."""
        key = self.version.key
        requests = {r.id for r in self.snapshot.state.requests.values() if r.key == key}
        mine = [
            event
            for event in self.snapshot.chains.events()
            if (event.body.get("model"), event.body.get("version"), event.body.get("tree")) == key
            or event.body.get("request") in requests
            or (self.version.run and event.body.get("run") == self.version.run)
        ]
        return tuple(sorted(mine, key=lambda event: (event.time, event.id)))

    def name_of(self, writer: str) -> str:
        """Returns the name of a writer's person."""
        return self.snapshot.latest.name_of(writer)

    def report(self) -> JsonValue:
        """Returns ``report.json``: what an independent replay of the evidence must agree with."""
        return {
            "format": 1,
            "team": self.snapshot.trust.team,
            "model": self.version.model,
            "version": self.version.version,
            "tree": self.version.tree,
            "stage": self.version.stage,
            "state": self.snapshot.state.digest,
            "approvals": [
                {
                    "event": vote.event,
                    "person": vote.person,
                    "name": self.name_of(vote.writer),
                    "writer": vote.writer,
                }
                for vote in self.approvals
            ],
            "policy": self.policy_digest,
            "request": self.version.by,
        }


def collect(
    snapshot: Snapshot, version: ModelVersion, files: Repository, content: Content, met: Met
) -> Dossier:
    """Gathers the evidence about a version.

    Args:
        snapshot: The ledger.
        version: The version.
        files: The signed lists of files.
        content: The files.
        met: What writers and witnesses have signed of the logs.

    Raises:
        Untrusted: ``E-WITHHELD``, ``E-GAP``, ``E-SPLIT`` or another alarm of the ledger;
            ``E-MISSING`` if a manifest or a file is not here; ``E-BIND`` if one is another than
            was signed.
    """
    check_complete(snapshot)
    frozen = {writer for writer, _, _ in doubled(snapshot)}
    whole = {writer: each for writer, each in met.items() if writer not in frozen}
    for trouble in contradictions(snapshot, whole, is_witnessed=True):
        raise Untrusted(trouble.code, f"The evidence is not whole: {trouble.detail}", _COMPLETE)
    manifest = _manifest(files, version.manifest, version.tree, MODEL_VERSION)
    for file in manifest.files:
        if not content.has(file.sha256, run=version.run):
            raise _missing(f"The file {file.path} of {version.model}/{version.version}")
    return Dossier(
        snapshot=snapshot,
        version=version,
        manifest=manifest,
        run=_run(snapshot, version.run, files, content),
        content=content,
        words=tuple(agreed(snapshot, met).values()),
    )


def check_complete(snapshot: Snapshot) -> None:
    """Accepts a ledger of which nothing is known to be missing or damaged.

    A key that signed two histories is no reason to refuse: the proof goes into the package, and
    nothing counts that the key signed from there on. Else one member could end all evidence.

    Raises:
        Untrusted: With the code of the first thing that is wrong.
    """
    for alarm in snapshot.alarms:
        if alarm.code == "E-EQUIV":
            continue
        raise Untrusted(
            alarm.code, f"The evidence is not whole: {alarm.detail.rstrip('.')}", _COMPLETE
        )
    for problem in snapshot.problems:
        raise Untrusted(problem.code, f"The evidence is not whole: {problem.detail}", _COMPLETE)
    for waiting in snapshot.waiting:
        raise Untrusted(
            "E-WITHHELD", f"The evidence is not whole: an event waits ({waiting.reason})", _COMPLETE
        )


def _run(snapshot: Snapshot, run: str, files: Repository, content: Content) -> RunEvidence | None:
    """Returns the evidence of the run a version came from, if its end was ever signed."""
    refused = snapshot.state.refusals
    ended = [
        event
        for event in snapshot.chains.events()
        if event.type == "run.finish"
        and event.id not in refused
        and is_run_id(run)
        and event.body["run"] == run
        and event.body["manifest"]
    ]
    if not ended:
        return None
    here = [event for event in ended if files.has_manifest(str(event.body["manifest"]))]
    event = min(here or ended, key=lambda event: event.id)
    manifest = _manifest(files, str(event.body["manifest"]), str(event.body["tree"]), RUN)
    for file in manifest.files:
        if file.path in RUN_FILES and not content.has(file.sha256, run=run):
            raise _missing(f"{file.path} of the run {run[:8]}")
    sealed = next((f for f in manifest.files if f.path == SEALED_FILE), None)
    document: JsonValue = {}
    if sealed is not None:
        raw = content.read(sealed.sha256, max_bytes=MAX_SEALED_BYTES, run=run)
        document = canonical.decode(raw, max_bytes=MAX_SEALED_BYTES)
    return RunEvidence(
        event=event, manifest=manifest, sealed=document if isinstance(document, dict) else {}
    )


def _manifest(files: Repository, digest: str, tree: str, kind: str) -> Manifest:
    if not digest or not files.has_manifest(digest):
        raise _missing("A signed list of files")
    parsed = envelope.parse(files.read_manifest(digest), max_bytes=envelope.MAX_MANIFEST_BYTES)
    manifest = parse_manifest(parsed.document)
    if manifest.tree != tree or manifest.kind != kind:
        raise Untrusted(
            "E-BIND",
            f"The manifest of {manifest.name} names other files than its event",
            "Ask the one who signed it to register again.",
        )
    return manifest


def _refusing(snapshot: Snapshot, request: TransitionRequest) -> set[str]:
    """Returns who rejected in time: his own approval does not count (fold, votes)."""
    chains = snapshot.chains
    court = Court(trust=snapshot.trust.documents, chains=chains)
    approvals = [event for vote in request.approvals if (event := chains.get(vote.event))]
    return {
        vote.person
        for vote in request.votes
        if vote.kind == "reject"
        and not vote.code
        and (reject := chains.get(vote.event)) is not None
        and not court.has_seen_quorum(reject, request.event, request.policy, approvals)
    }


def _is_time(text: str) -> bool:
    try:
        from_iso(text)
    except ValueError:
        return False
    return True


def _missing(what: str) -> Untrusted:
    return Untrusted(
        "E-MISSING",
        f"{what} is not in this store",
        "Pull from a remote that holds it; a package without it would prove nothing.",
    )


def doubled(snapshot: Snapshot) -> Iterator[tuple[str, int, tuple[bytes, bytes]]]:
    """Yields each key that signed two events under one number: writer, number, both envelopes."""
    for alarm in snapshot.alarms:
        if alarm.code == "E-EQUIV":
            writer, _, seq = alarm.object.partition("/")
            here = sorted(snapshot.events[writer, int(seq)], key=lambda each: each.event.id)
            yield writer, int(seq), (here[0].raw, here[1].raw)

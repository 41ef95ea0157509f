# SPDX-License-Identifier: Apache-2.0
"""Push: copies to a remote what it lacks; content first, events last.

* Trust documents, objects, manifests, then log segments: nobody who reads the remote meanwhile
  ever meets an event whose chosen content did not come before it.
* A repeat copies nothing, an interruption costs a repeat.
* What is read is checked while it is copied: bytes that changed on this disk never leave it.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.changes import Changes
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.secret import SecretFinding
from strongroom.exchange.leaving import stop_at_secrets, suspicions
from strongroom.exchange.local import LocalSide, object_path
from strongroom.exchange.outcome import Counts, Outcome, Trouble, trouble
from strongroom.exchange.pull import check_team
from strongroom.exchange.push_items import push_items
from strongroom.exchange.push_plan import Prospect, PushPlan, plan_push
from strongroom.exchange.remote import Remote
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.exchange.watched import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A push's outcome, and which files of the remote stay damaged: nothing here replaces them."""

    outcome: Outcome
    damaged: tuple[str, ...]


def push(
    here: LocalSide,
    remote: Remote,
    *,
    origin: str,
    damaged: Collection[str] = (),
    selection: Selection = EVERYTHING,
    prospects: Sequence[Prospect] = (),
    is_dry: bool = False,
    progress: Progress | None = None,
) -> Pushed:
    """Copies to a remote what it lacks, then removes what this account left half written there.

    Args:
        here: Our side.
        remote: The other side.
        origin: The remote's name.
        damaged: Paths on the remote that are known not to hold; they are written again.
        selection: Whose files are copied; events, trust documents and manifests always are.
        prospects: Of a dry run, the runs that would be signed first.
        is_dry: Only say how much it would be.
        progress: Hears bytes done of all; may cancel between two pieces.

    Raises:
        Untrusted: ``E-TEAM``.
        SecretsFound: ``E-SECRET`` before anything is copied.
        EnvironmentFault: ``E-SHARE`` if the remote is gone or write-protected, ``E-FULL`` before
            anything is copied, or while it is; what was finished stays.
        Cancelled: What was finished stays.
    """
    check_team(here, remote)
    if not is_dry and not remote.is_writable:
        remote.check_free_space(0)  # what takes nothing by its kind says so itself
        raise EnvironmentFault(
            "E-SHARE",
            f"{remote.location} is write-protected",
            "Remove the write protection, or use it for pulling only.",
        )
    watched = progress or Silent()
    plan = plan_push(
        here, remote, damaged=frozenset(damaged), selection=selection, prospects=prospects,
        progress=watched,
    )  # fmt: skip
    secrets = _secrets(here, plan, watched)
    if not is_dry:
        stop_at_secrets(secrets, origin)
    copied, rejected = plan.counts, list[Trouble]()
    if is_dry:
        plan.waiting += _no_room(remote, plan.counts.bytes)
    else:
        remote.check_free_space(plan.counts.bytes)
        copied, rejected = _carry_out(here, remote, plan, watched)
        with suppress(EnvironmentFault, Untrusted):  # all is pushed; housekeeping may wait
            remote.remove_leftovers(here.clock.now_us())
    outcome = Outcome(
        remote=origin,
        is_dry=is_dry,
        pushed=copied,
        same=plan.same,
        same_bytes=plan.same_bytes,
        left_out=plan.left_out,
        waiting=tuple(plan.waiting),
        rejected=tuple(rejected),
        secrets=secrets,
        items=tuple(push_items(here.ledger.snapshot, plan, rejected)),
        changes=Changes(),
    )
    healed = plan.paths - {each.path for each in rejected}
    return Pushed(
        outcome=outcome, damaged=tuple(p for p in damaged if _is_content(p) and p not in healed)
    )


def _secrets(here: LocalSide, plan: PushPlan, progress: Progress) -> tuple[SecretFinding, ...]:
    snapshot = here.ledger.snapshot
    if snapshot.trust.latest is None:
        return ()
    leaving = [
        admitted.event
        for writer, first, lines in plan.logs
        for seq in range(first, first + len(lines))
        for admitted in snapshot.events.get((writer, seq), ())
    ]
    digests = {each.file.sha256 for each in plan.objects}
    unsigned = ((prospect.title, prospect.manifest) for prospect in plan.prospects)
    return suspicions(here, snapshot, digests, leaving, progress, unsigned=unsigned)


def _carry_out(
    here: LocalSide, remote: Remote, plan: PushPlan, progress: Progress
) -> tuple[Counts, list[Trouble]]:
    total, done = plan.counts.bytes, Counts()
    rejected: list[Trouble] = []

    def step(what: str) -> None:
        progress.step(done.bytes, total, what)

    for file in plan.trust:
        step("Pushing trust documents")
        try:
            data = here.ledger.files.read_trust(file)
        except Untrusted as error:
            rejected.append(trouble(error, file.path))
            continue
        remote.put_trust(file.version, data)
        done += Counts(trust=1, bytes=len(data))
    for each in plan.objects:
        what = f"Pushing {each.file.path}"
        step(what)
        try:
            with here.content.unchecked(each.file.sha256, each.part, run=each.run) as stream:
                source = Watched(stream, progress, done.bytes, total, what)
                remote.put_object(each.part.sha256, source, each.part.size_bytes)
        except Untrusted as error:  # damaged on this disk; others may still have it
            path, size = object_path(each.part.sha256), each.part.size_bytes
            rejected.append(trouble(_on_this_disk(error, each.file), path, size_bytes=size))
        else:
            done += Counts(objects=1, bytes=each.part.size_bytes)
    for raw in plan.manifests:
        step("Pushing manifests")
        remote.put_manifest(raw)
        done += Counts(manifests=1, bytes=len(raw))
    for writer, first, lines in plan.logs:
        step("Pushing events")
        remote.put_segment(writer, first, lines)
        done += Counts(events=len(lines), bytes=sum(map(len, lines)))
    progress.step(total, total, "Pushed")
    return done, rejected


def _no_room(remote: Remote, size_bytes: int) -> Iterator[Trouble]:
    """Yields what a push would stop at if there is no room for so many bytes."""
    if not remote.is_writable:
        return
    try:
        remote.check_free_space(size_bytes)
    except EnvironmentFault as error:
        yield trouble(error, remote.location, size_bytes=size_bytes)


def _on_this_disk(error: Untrusted, file: ArtifactFile) -> Untrusted:
    """Returns the refusal of a file of ours, by its name."""
    if error.code != "E-HASH":
        return error
    return Untrusted(
        "E-HASH",
        f"{file.path} was changed on this disk and was not pushed",
        "Pull it again from a remote; strongroom verify lists all damage.",
    )


def _is_content(path: str) -> bool:
    """Whether a file can be missed: logs and trust documents are passed over and written anew."""
    return path.startswith(("obj/", "man/"))

# SPDX-License-Identifier: Apache-2.0
"""What the models page reads off the window's thread: frozen values, no widget.

* A version is trusted for its signature and chain; its bytes count only after `verify` read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.marks import Trust
from strongroom.desktop.registry.services import ModelServices
from strongroom.domain.artifact import tree_digest
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Untrusted
from strongroom.domain.policy import Policy
from strongroom.domain.progress import Progress
from strongroom.domain.registry import ModelVersion, RegisteredModel, RequestStatus
from strongroom.domain.stage import NONE
from strongroom.services.registry import StageChange, VersionDetail
from strongroom.services.review_case import ReviewItem

PRODUCTION = "Production"
_ORDER = {PRODUCTION: 3, "Staging": 2, NONE: 1, "Archived": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All models, and the team's name ("" while there is no team)."""

    team: str
    models: tuple[RegisteredModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """Everything the page of one version shows."""

    model: RegisteredModel
    detail: VersionDetail
    history: tuple[StageChange, ...]
    requests: tuple[ReviewItem, ...]
    incumbent: VersionDetail | None
    policy: Policy
    trust: Trust
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStop:
    """One stop on the way of a version; ``reach`` says how far it has got there."""

    stage: str
    title: str
    who: str
    when: str
    reach: str  # "done", "asked" or "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What reading a version's files again found."""

    files: int
    size_bytes: int
    time_us: int


def reference(version: ModelVersion) -> str:
    """Returns the reference that means this version and no other."""
    return f"{version.model}/{version.version}+{version.tree}"


def best_stage(model: RegisteredModel) -> str:
    """Returns the stage that a model's line in the list shows: the furthest any version got."""
    stages = {version.stage for version in model.versions}
    return max(stages, key=lambda stage: _ORDER.get(stage, 1), default=NONE)


def read_shelf(services: ModelServices) -> Shelf:
    """Returns all models; an empty shelf while there is no team."""
    if not services.people.team_id():
        return Shelf(team="", models=())
    models = services.registry.models()
    return Shelf(team=services.people.team().team_name, models=models)


def read_version(services: ModelServices, wanted: str) -> VersionView:
    """Returns what the page of a version shows.

    Raises:
        BadInput: ``E-VERSION``.
        Untrusted: If its manifest does not hold.
    """
    detail = services.registry.show(wanted)
    version = detail.version
    model = services.registry.model(version.model)
    team = services.people.team()
    holder = model.holder(PRODUCTION)
    incumbent = None
    if holder is not None and holder.key != version.key:
        incumbent = services.registry.show(reference(holder))
    member = team.members.get(version.registrar)
    if member is None:
        trust: Trust = "unknown"
    elif not detail.is_content_here:
        trust = "cannot"
    else:
        trust = "valid" if member.is_active else "revoked"
    target = "Staging" if version.stage == NONE else PRODUCTION
    return VersionView(
        model=model,
        detail=detail,
        history=services.registry.history(version.model),
        requests=tuple(
            item for item in services.reviews.items() if item.request.key == version.key
        ),
        incumbent=incumbent,
        policy=team.policy(version.model, target),
        trust=trust,
        host=member.host if member else "",
    )


def trust_sentence(view: VersionView, now_us: int) -> str:
    """Returns the one sentence of the trust banner."""
    detail = view.detail
    when = wording.day_and_time(from_iso(detail.version.registered), now_us)
    signed = f"Signed by {detail.registrar}{f' on {view.host}' if view.host else ''}, {when}."
    files = wording.count(len(detail.files), "file")
    if view.trust == "cannot":
        return f"{signed} Its files are not all in this store: pull from a remote that holds them."
    if view.trust == "unknown":
        return f"{detail.registrar} registered it; nobody in the team vouches for that key."
    if view.trust == "revoked":
        return f"{signed} The key was valid then; its rights have ended since."
    return f"{signed} {files} named in a signed manifest; Verify reads them again."


def verify(services: ModelServices, wanted: str, progress: Progress) -> Checked:
    """Reads every file of a version again and holds it against the tree that was signed.

    Raises:
        Untrusted: ``E-MISSING``, ``E-HASH`` or ``E-BIND``.
        Cancelled: Between two pieces.
    """
    version = services.registry.version(wanted)
    manifest = services.registry.manifest(version)
    if manifest is None:
        raise Untrusted(
            "E-MISSING",
            f"The manifest of {version.model} v{version.version} is not in this store",
            "Pull from a remote that holds it.",
        )
    if tree_digest(manifest.files) != version.tree:
        raise Untrusted(
            "E-BIND",
            f"The manifest of {version.model} v{version.version} names other files",
            "Ask the one who registered it to register again.",
        )
    content = services.registry.content()
    total = max(1, manifest.total_bytes)
    done = 0
    for file in manifest.files:
        for piece in content.pieces(file.sha256, run=version.run):
            done += len(piece)
            progress.step(done, total, file.path)
    return Checked(files=len(manifest.files), size_bytes=done, time_us=services.clock.now_us())


def stops(view: VersionView, now_us: int) -> tuple[StageStop, ...]:
    """Returns the way of a version: where it was, what is asked for, what lies ahead."""
    version = view.detail.version
    registered = wording.sentence_case(wording.day_and_time(from_iso(version.registered), now_us))
    found = [
        StageStop(
            stage=NONE, title="Registered", who=view.detail.registrar, when=registered, reach="done"
        )
    ]
    found += [
        _done(change, now_us)
        for change in view.history
        if (change.version, change.tree) == (version.version, version.tree)
    ]
    if found[-1].title not in {version.stage, "Registered"}:
        replaced = _replaced_by(view)
        found.append(
            StageStop(stage=version.stage, title=version.stage, who=replaced, when="", reach="done")
        )
    for item in view.requests:
        if item.request.status is RequestStatus.PENDING:
            asked = wording.sentence_case(
                wording.day_and_time(from_iso(item.request.event.time), now_us)
            )
            found.append(
                StageStop(
                    stage=item.request.to_stage,
                    title=item.request.to_stage,
                    who=f"Requested, {item.have} of {item.need}",
                    when=asked,
                    reach="asked",
                )
            )
    titles = {stop.title for stop in found}
    ahead = [name for name in ("Staging", PRODUCTION) if name not in titles]
    if PRODUCTION in titles or version.stage == "Archived":
        ahead = []
    found += [
        StageStop(stage=name, title=name, who="Not requested", when="", reach="ahead")
        for name in ahead
    ]
    return tuple(found[-5:])


def _done(change: StageChange, now_us: int) -> StageStop:
    count = len(change.approvers)
    who = f"Approved by {change.approvers[0]}" if count == 1 else f"{count} approved"
    if count == 0:
        who = f"By {change.requester}"
    return StageStop(
        stage=change.to_stage,
        title=change.to_stage,
        who="Emergency" if change.is_emergency else who,
        when=wording.sentence_case(wording.day_and_time(from_iso(change.time), now_us)),
        reach="done",
    )


def _replaced_by(view: VersionView) -> str:
    holder = view.model.holder(PRODUCTION)
    return f"Replaced by v{holder.version}" if holder else "Moved with another version"


def metric_rows(view: VersionView) -> Sequence[tuple[str, str, str, str]]:
    """Returns (metric, incumbent, this version, change) of each metric of either."""
    before = view.incumbent.metrics if view.incumbent else {}
    after = view.detail.metrics
    rows = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        shown = wording.number(new)
        decimals = len(shown.partition(".")[2]) if shown.replace(".", "").isdigit() else 4
        change = "" if old is None or new is None else wording.signed(new - old, decimals)
        rows.append((key, wording.number(old), shown, change))
    return rows

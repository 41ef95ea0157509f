# SPDX-License-Identifier: Apache-2.0
"""What somebody has to look at: each alarm as a sentence with names, and what to do about it.

* Nothing is decided here: chains, trust chain and registry have decided; this says it to a person.
* The gravest stands first: the team, logs that lie, logs that lack, moves that contradict.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.domain.chains import Alarm
from strongroom.domain.errors import StrongroomError
from strongroom.domain.registry import RequestStatus, TransitionRequest
from strongroom.domain.team import TrustDocument
from strongroom.services.exchange_memory import ExchangeMemory, RemoteInfo
from strongroom.services.held_team import TurnedTeam
from strongroom.services.workstation import Workstation
from strongroom.store.home_formats import sentence, what_waits
from strongroom.store.snapshot import Snapshot

GRAVEST_FIRST = (
    "E-TRUST-FORK", "E-TRUST-SIG", "E-TRUST-GAP", "E-EQUIV", "E-SPLIT", "E-ROLLBACK", "E-WITHHELD",
    "E-CHAIN", "E-GAP",
)  # fmt: skip
_NOT_BEFORE = "Approve nothing before that."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmNote:
    """One alarm for a person.

    Attributes:
        code: Its code of threats.md.
        title: What happened, with names.
        advice: What it means, and what to do.
        page: The page that shows more: ``audit``, ``people``, ``exchange``, ``reviews`` or
            ``monitor``.
        object: What is shown there: a request's id, a writer and number; "" for the whole page.
        is_grave: Evidence or team are in doubt; otherwise somebody only has to decide.
    """

    code: str
    title: str
    advice: str
    page: str
    object: str = ""
    is_grave: bool = True


class Alarms:
    """Looks for everything that somebody has to look at."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def notes(self) -> tuple[AlarmNote, ...]:
        """Returns all alarms of this workstation, the gravest first.

        Without a team there are only those of a store or home that is only read.
        """
        of_store = tuple(self._of_store())
        return (*of_store, *self._of_the_team()) if self._at.has_team() else of_store

    def _of_store(self) -> Iterator[AlarmNote]:
        """Yields why nothing, or not everything, can be changed here, if that is so."""
        try:
            self._at.folder.require_writable()
        except StrongroomError as error:
            yield AlarmNote(
                code=error.code, title=error.title, advice=error.advice, page="monitor",
                is_grave=False,
            )  # fmt: skip
        if newer := self._at.home.newer():
            yield AlarmNote(
                code="E-FORMAT", title=sentence(newer), advice=what_waits(newer), page="monitor",
                object=newer[0].name, is_grave=False,
            )  # fmt: skip

    def _of_the_team(self) -> tuple[AlarmNote, ...]:
        snapshot = self._at.snapshot()
        found = [note_of(alarm, snapshot.latest) for alarm in snapshot.alarms]
        found += [
            AlarmNote(
                code=problem.code,
                title=f"A file of the log on this machine cannot be used: {problem.path}",
                advice="Take in a place that holds it whole, then run: strongroom verify.",
                page="audit",
            )
            for problem in snapshot.problems
        ]
        memory = ExchangeMemory(self._at.home, self._at.clock, self._at.marks)
        found += self._of_own_key(snapshot)
        found += _of_tomorrow(snapshot)
        turned = self._at.held_team.turned(snapshot.trust)
        found += [turned_note(turned)] if turned is not None else []
        found += [rolled_back(place) for place in memory.remotes() if place.is_rolled_back]
        ranks = {code: rank for rank, code in enumerate(GRAVEST_FIRST)}
        found.sort(key=lambda note: ranks.get(note.code, len(ranks)))
        return (*found, *_undecided(snapshot))

    def _of_own_key(self, snapshot: Snapshot) -> Iterator[AlarmNote]:
        """Yields why the key of this workstation signs nothing here, if it must not."""
        card = self._at.card()
        trouble = self._at.own_log.trouble(snapshot, card.writer) if card else None
        if trouble is not None:
            advice = f"Nothing is signed here until then; runs are logged as ever. {trouble.advice}"
            yield AlarmNote(code=trouble.code, title=trouble.title, advice=advice, page="people")


def _of_tomorrow(snapshot: Snapshot) -> Iterator[AlarmNote]:
    """Yields what a newer Strongroom has signed in this store: it counts for nothing here."""
    newer = [waiting for waiting in snapshot.waiting if waiting.code == "E-FORMAT"]
    if not newer:
        return
    names = sorted({snapshot.latest.name_of(waiting.writer) for waiting in newer})
    what = "An event" if len(newer) == 1 else f"{len(newer):,} events"
    waits, pronoun = ("waits", "it") if len(newer) == 1 else ("wait", "them")
    yield AlarmNote(
        code="E-FORMAT",
        title=f"{what} of {', '.join(names)} {waits}: a newer Strongroom signed {pronoun}",
        advice="Update Strongroom here. Until then decisions in it do not count on this machine,"
        " and nothing is lost.",
        page="audit",
        is_grave=False,
    )


def note_of(alarm: Alarm, document: TrustDocument) -> AlarmNote:
    """Returns an alarm of the chains or of the trust chain in words."""
    head, _, number = alarm.object.partition("/")
    if head == "trust":
        return _of_team(alarm, number)
    whose, name = _whose(document, head), document.name_of(head)
    sentences = {
        "E-EQUIV": (
            f"{whose} signed two different events under number {number}",
            (
                f"{_what_counts(document, head, number)} Call {name}: the key was copied or a"
                " backup was restored. Then revoke the key."
            ),
        ),
        "E-SPLIT": (
            f"Somebody was shown another event {number} of {whose} than the one here",
            f"One of two places lies. Compare with a second workstation. {_NOT_BEFORE}",
        ),
        "E-WITHHELD": (
            f"Others have seen events of {whose} that are not here, up to number {number}",
            (
                f"Take in another place or a stick of {name}: a rejection may be among them."
                f" {_NOT_BEFORE}"
            ),
        ),
        "E-GAP": (
            f"Event {number} of {whose} is missing",
            "Later events of this log wait for it. Take in a place that holds it.",
        ),
        "E-CHAIN": (
            f"Event {number} of {whose} does not follow the event before it",
            f"It has no effect, nor has what follows it. Ask {name} to push again.",
        ),
    }
    title, advice = sentences.get(alarm.code, (f"{whose}: {alarm.detail}", "Look at the log."))
    return AlarmNote(code=alarm.code, title=title, advice=advice, page="audit", object=alarm.object)


def _of_team(alarm: Alarm, number: str) -> AlarmNote:
    sentences = {
        "E-TRUST-FORK": (
            f"There are two different versions {number} of the team, both properly signed",
            (
                "The team stands still at the version before. Call the other admins: one of the two"
                " has to be confirmed with the root keys before anything is approved."
            ),
        ),
        "E-TRUST-GAP": (
            f"Version {number} of the team is missing, a later one is here",
            "Rights stay as they were. Take in a place that holds it.",
        ),
    }
    title, advice = sentences.get(
        alarm.code, (alarm.detail, "Who belongs to the team stays as it was. Ask an admin.")
    )
    return AlarmNote(code=alarm.code, title=title, advice=advice, page="people")


def turned_note(turned: TurnedTeam) -> AlarmNote:
    """Returns the alarm of a team that goes on without a version that was in force here."""
    return AlarmNote(
        code="E-TRUST-FORK",
        title=f"Version {turned.was.version} of the team was in force here and is put aside: the"
        f" team goes on from version {turned.shared} on another line",
        advice="Root keys have settled a fork. Call those who hold them; if they know nothing of"
        " it, approve nothing. The People page and strongroom team fork say what is different, and"
        " end this alarm.",
        page="people",
    )


def _undecided(snapshot: Snapshot) -> Iterator[AlarmNote]:
    """Yields requests that stand against each other, or whose approvals no longer hold."""
    told: set[tuple[str, ...]] = set()
    for request in snapshot.state.requests.values():
        what = f"{request.key[0]} v{request.key[1]}"
        if request.status is RequestStatus.CONFLICT:
            rivals = _rivals(snapshot, request)
            if rivals in told:
                continue
            told.add(rivals)
            yield AlarmNote(
                code="E-CONFLICT",
                title=f"{request.key[0]}: {len(rivals)} approved moves contradict each other",
                advice="The stage stays as it was. Ask for the move that is meant; it names both"
                " and is approved like any other.",
                page="reviews",
                object=request.id,
                is_grave=False,
            )
        elif request.status is RequestStatus.LAPSED:
            yield AlarmNote(
                code="E-CUT",
                title=f"{what} moved to {request.to_stage} on approvals that no longer count",
                advice="Nothing is undone by itself. Ask for the move again, or move it back.",
                page="reviews",
                object=request.id,
                is_grave=False,
            )


def _rivals(snapshot: Snapshot, request: TransitionRequest) -> tuple[str, ...]:
    model = snapshot.state.models.get(request.key[0])
    groups = model.conflicts if model is not None else ()
    return next((tuple(group) for group in groups if request.id in group), (request.id,))


def rolled_back(place: RemoteInfo) -> AlarmNote:
    """Returns the alarm of a place that shows less than it has shown before."""
    return AlarmNote(
        code="E-ROLLBACK",
        title=f"{place.name} shows an older state than it has shown before",
        advice="What is known here stays. A backup may have been put back: ask whoever looks after"
        f" {place.name}, then push to bring it up again.",
        page="exchange",
        object=place.name,
    )


def _what_counts(document: TrustDocument, writer: str, number: str) -> str:
    """Returns how much of the log of a key that signed a number twice still counts."""
    fixed, _ = document.fixed_heads.get(writer, (0, ""))
    if number.isdigit() and int(number) <= fixed:
        return f"Up to event {fixed} the team has fixed this log; nothing after that counts."
    return f"Nothing of this key counts from event {number} on."


def _whose(document: TrustDocument, writer: str) -> str:
    """Returns whose log it is, with the workstation."""
    member = document.members.get(writer)
    name = document.name_of(writer)
    return f"{name} on {member.host}" if member is not None else name

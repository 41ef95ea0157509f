# SPDX-License-Identifier: Apache-2.0
"""Why something was not taken in, by code: a conclusion first, then what can be done.

* Every code has an explanation; one that is not known yet says so and shows the sentence it had.
* Nothing here decides anything: the gate has decided, this only says it in words.
"""

import re
from dataclasses import dataclass
from typing import Literal

Standing = Literal["mismatch", "cannot", "alarm", "conflict", "note"]
"""Does not match; cannot be checked yet; somebody has to look; two facts contradict; no effect."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PUSH_AGAIN = "Ask whoever has the original to look at this place and push again"
_MATCH = "Does not match"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code concludes, and what to do next."""

    standing: Standing
    conclusion: str
    advice: str


_KNOWN: dict[str, Explanation] = {
    "E-HASH": Explanation(
        "mismatch", f"{_MATCH}: the bytes have another digest than was signed",
        f"{_PUSH_AGAIN}; the damaged copy is then replaced.",
    ),
    "E-SIG": Explanation(
        "mismatch", f"{_MATCH}: the signature does not verify",
        "Nobody of this team signed these bytes. Ask whoever brought them where they are from.",
    ),
    "E-CANON": Explanation(
        "mismatch", f"{_MATCH}: the bytes are not in the one form that is signed",
        f"{_PUSH_AGAIN}.",
    ),
    "E-SIZE": Explanation(
        "mismatch", f"{_MATCH}: another size than was signed, or over a limit",
        f"It was not read further. {_PUSH_AGAIN}.",
    ),
    "E-PATH": Explanation(
        "mismatch", f"{_MATCH}: it names a path outside its own folder",
        "Nothing was written there. Ask whoever signed it how it came about.",
    ),
    "E-BOMB": Explanation(
        "mismatch", f"{_MATCH}: it would expand beyond its budget",
        "It was not unpacked. Remove it from the place.",
    ),
    "E-FORMAT": Explanation(
        "mismatch", f"{_MATCH}: not in a form that is known here",
        "A newer Strongroom may have written it. Update this workstation, then try again.",
    ),
    "E-TEAM": Explanation(
        "mismatch", f"{_MATCH}: it belongs to another team",
        "Compare the team ids with each other by voice before you trust either.",
    ),
    "E-CHAIN": Explanation(
        "mismatch", f"{_MATCH}: it does not follow the event before it",
        f"{_PUSH_AGAIN}.",
    ),
    "E-BIND": Explanation(
        "mismatch", f"{_MATCH}: two signed parts tell of different things",
        "Ask its writer to register or ask again; nothing that contradicts itself counts.",
    ),
    "E-CAP": Explanation(
        "note", "No effect: its signer had no right to do this",
        "Ask an admin whether that right was meant to be given, then have it signed again.",
    ),
    "E-CUT": Explanation(
        "note", "No effect: it was signed after its writer's rights had ended",
        "Ask the signer and an admin what happened to that key.",
    ),
    "E-LATE": Explanation(
        "note", "No effect: it arrived too late to be counted",
        "Ask for it to be signed again if it is still wanted.",
    ),
    "E-SELF": Explanation(
        "note", "No effect: nobody approves what they asked for themselves",
        "Ask somebody else of the team to review it.",
    ),
    "E-POLICY": Explanation(
        "note", "No effect: it was signed under another policy than the one in force",
        "Ask for it to be signed again under the policy of now.",
    ),
    "E-MISSING": Explanation(
        "cannot", "Cannot check: something it names is not at this place",
        f"{_PUSH_AGAIN}.",
    ),
    "E-GAP": Explanation(
        "cannot", "Cannot check yet: an earlier event of its log has not arrived",
        "It waits. Take in the place or the stick that holds what came before.",
    ),
    "E-TRUST-GAP": Explanation(
        "cannot", "Cannot check yet: an earlier trust document has not arrived",
        "It waits. Take in the place or the stick that holds what came before.",
    ),
    "E-LIVE": Explanation(
        "cannot", "Cannot check yet: the run is still being written",
        "It waits. Take it in again when the run has ended.",
    ),
    "E-TRUST-SIG": Explanation(
        "mismatch", f"{_MATCH}: the trust document lacks the signatures it needs",
        "Who belongs to the team stays as it was. Ask an admin of the team.",
    ),
    "E-TRUST-FORK": Explanation(
        "alarm", "Alarm: two trust documents have the same number",
        "Call the admins of the team before anything is approved.",
    ),
    "E-EQUIV": Explanation(
        "alarm", "Alarm: one key signed two different events with one number",
        "Call the owner of the key: it was copied, or a backup was restored.",
    ),
    "E-SPLIT": Explanation(
        "alarm", "Alarm: this place shows another history than was seen before",
        "Compare with a second workstation before you approve anything.",
    ),
    "E-WITHHELD": Explanation(
        "alarm", "Alarm: others have seen more of a log than this place shows",
        "Take in another place or a stick of the writer, then look again.",
    ),
    "E-ROLLBACK": Explanation(
        "alarm", "Alarm: this place is older than what was seen here before",
        "A backup may have been restored. What is known here stays; push to bring it up again.",
    ),
    "E-CONFLICT": Explanation(
        "conflict", "Conflict: two changes contradict each other",
        "Both are kept and shown. Whoever may decide signs a new change.",
    ),
}  # fmt: skip
_WAITING: dict[str, Explanation] = {
    "E-FORMAT": Explanation(
        "cannot", "Cannot check yet: a newer Strongroom wrote it",
        "It waits. Update this workstation, then take in this place again.",
    ),
    "E-SIG": Explanation(
        "cannot", "Cannot check yet: its writer is not known here",
        "It waits. Take in the place that holds the newest trust document of the team.",
    ),
    "E-MISSING": Explanation(
        "cannot", "It waits: its content has not come whole",
        "Take in a place that holds it whole, or ask whoever has the original to push again.",
    ),
    "E-SIZE": Explanation(
        "cannot", "Not read yet: there was more than is read at once",
        "Take in this place again; it goes on from here.",
    ),
}  # fmt: skip
"""Codes that mean something else while a thing waits than when it is refused."""

_UNKNOWN = Explanation(
    "mismatch", "Was not taken in",
    "Keep it in quarantine and show it to whoever looks after Strongroom.",
)  # fmt: skip


def explained(code: str, *, is_waiting: bool = False) -> Explanation:
    """Returns what a code means to a person, of something refused or of something that waits."""
    if is_waiting and code in _WAITING:
        return _WAITING[code]
    return _KNOWN.get(code, _UNKNOWN)


def digests_in(text: str) -> tuple[str, ...]:
    """Returns the first two whole digests a sentence names."""
    return tuple(dict.fromkeys(_DIGEST.findall(text)))[:2]

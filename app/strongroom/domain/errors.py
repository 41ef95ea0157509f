# SPDX-License-Identifier: Apache-2.0
"""Errors a person can act on: a stable code, a title, and one line of advice.

* The class says whose turn it is: the environment's, the rules', the evidence's, or the caller's.
* The window and the command line print the same title and the same advice.
* `Cancelled` is a wish, not an error. Every other exception is a bug.
"""


class StrongroomError(Exception):
    """Tells a person what went wrong and what to do about it.

    Args:
        code: A stable code such as ``E-HASH`` (docs/reference/errors.md lists them all).
        title: What happened, in one sentence without a full stop.
        advice: What to do next, in one or two sentences.
        details: What it is about, a line each, where that is more than one thing.
    """

    exit_code = 1

    def __init__(
        self, code: str, title: str, advice: str = "", *, details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{code}: {title}")
        self.code = code
        self.title = title
        self.advice = advice
        self.details = details


class EnvironmentFault(StrongroomError):
    """The machine is at fault: a share is gone, a disk is full, a keychain is locked."""

    exit_code = 4


class Refused(StrongroomError):
    """The rules say no: permission, policy, gate, quorum, own request."""

    exit_code = 3


class Untrusted(StrongroomError):
    """The evidence does not hold: signature, chain, digest, canonical form."""

    exit_code = 1


class BadInput(StrongroomError):
    """What was handed in cannot be understood or does not exist."""

    exit_code = 2


class Cancelled(Exception):
    """Somebody pressed Cancel; whatever was finished stays finished."""

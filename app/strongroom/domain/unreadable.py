# SPDX-License-Identifier: Apache-2.0
"""A run folder that cannot be read: all that is shown is its place, the reason and a way on."""

from dataclasses import dataclass

_ADVICE = {
    "E-CONFLICT": "Compare both folders, and move the one that is wrong out of the store.",
    "E-FORMAT": "Update Strongroom if a newer one wrote it; else copy the folder again.",
    "E-MISSING": "Bring the file back from a backup, or copy the folder again.",
    "E-STORE": "Look at the rights of the folder and at the disk, then look again.",
}
_COPY_AGAIN = "Restore the folder from a backup, or copy it again from where it was logged."


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRun:
    """A run folder that has no row among the runs.

    Attributes:
        run_id: The name of the folder.
        month: The folder it lies in.
        code: What is wrong, as a code of threats.md.
        reason: What is wrong, as a sentence.
        name: What the run is called, "" if that cannot be read either.
        experiment: Where it belongs, "" likewise.
    """

    run_id: str
    month: str
    code: str
    reason: str
    name: str = ""
    experiment: str = ""

    @property
    def path(self) -> str:
        """Where the folder lies, below ``runs/``."""
        return f"{self.month}/{self.run_id}"

    @property
    def advice(self) -> str:
        """What can be done about it."""
        return _ADVICE.get(self.code, _COPY_AGAIN)

# SPDX-License-Identifier: Apache-2.0
"""The reports of what came in: kept while it happens, shown, saved, and checked again.

* A taking in is noted before its first byte and whatever its end; a sync only if it brought or
  refused something.
"""

from collections.abc import Callable
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.errors import Cancelled, StrongroomError
from strongroom.exchange.outcome import Outcome
from strongroom.services.import_reports import ImportRecord, ImportReport, ImportReports, Means
from strongroom.services.report_text import report_text
from strongroom.services.signed_report import (
    CheckedReport,
    check_signed_report,
    save_signed_report,
)
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.trust.identity import SecretsHandler


class ReportDesk:
    """Reports of this workstation."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._reports = ImportReports(workstation.home, workstation.clock)

    def noted(self, source: str, act: Callable[[], Outcome]) -> Outcome:
        """Takes in and keeps a report of it, also of what was interrupted."""
        record = self._reports.begin(source, "import")
        try:
            outcome = act()
        except (StrongroomError, Cancelled) as error:
            self._reports.interrupt(record, error)
            raise
        self._reports.end(record, outcome)
        return outcome

    def told(self, means: Means, source: str, act: Callable[[], Outcome]) -> Outcome:
        """Exchanges, and keeps a report if something came or was refused."""
        started_us, outcome = self._at.clock.now_us(), act()
        if not outcome.is_dry:
            self._reports.tell(source, means, started_us, outcome)
        return outcome

    def kept(self) -> tuple[ImportRecord, ...]:
        """Returns what was taken in on this workstation, the newest first."""
        return self._reports.kept()

    def show(self, id_: str) -> ImportReport:
        """Returns one taking in with its items.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-FORMAT`` if it was changed by hand.
        """
        return self._reports.show(id_)

    def of(self, source: str, outcome: Outcome) -> ImportReport:
        """Returns the report of a taking in or of a dry run, to be saved; it is not kept."""
        return self._reports.of(source, outcome)

    def save(self, report: ImportReport, path: Path, *, ask: SecretsHandler | None = None) -> None:
        """Writes a report to a file: as plain text if its name ends in .txt, else signed.

        Raises:
            Refused: ``E-CAP`` if it is to be signed and there is no identity.
            EnvironmentFault: ``E-LOCKED``, ``E-SHARE``, ``E-FULL``.
        """
        with explained(path):
            if path.suffix.casefold() == ".txt":
                write_whole(path, report_text(report).encode())
            else:
                save_signed_report(self._at, report, path, ask)

    def check(self, path: Path) -> CheckedReport:
        """Reads a signed report and says who signed it.

        Raises:
            BadInput: ``E-FORMAT`` if it is none.
            Untrusted: ``E-CANON``, ``E-SIZE``, ``E-HASH``, ``E-SIG``, ``E-TEAM``.
        """
        return check_signed_report(self._at, path)

# SPDX-License-Identifier: Apache-2.0
"""A report of an import as a signed file: an in-toto statement in an envelope (ADR 26).

* It says what a workstation found at a source and what it took in; whoever gets it can check who
  says so with this program, with openssl, or with any reader of DSSE.
* The digest of the subject is that of the report alone, so a report and its signed form name the
  same thing.
"""

from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.team import STATEMENT_TYPE
from strongroom.services.import_reports import (
    MAX_REPORT_BYTES,
    ImportReport,
    read_report,
    report_document,
)
from strongroom.services.workstation import Workstation
from strongroom.trust import envelope
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.keys import from_hex
from strongroom.trust.signer import Ed25519Signer

PREDICATE_TYPE = "urn:strongroom:import-report:v1"
MAX_SIGNED_BYTES = 2 * MAX_REPORT_BYTES  # base64 adds a third


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReport:
    """A signed report with who says so.

    Where the team does not know the key (``is_member`` is False) nobody can tell whether the
    signature holds, and ``signer`` is the key's id. Where the key was revoked (``is_active`` is
    False) its signature holds, but a report says nothing of when it was signed: whoever has the
    key can have written it since.
    """

    report: ImportReport
    team: str
    signer: str
    host: str
    is_member: bool
    is_active: bool

    @property
    def is_trusted(self) -> bool:
        """Whether somebody who is in the team today says so."""
        return self.is_member and self.is_active


def save_signed_report(
    at: Workstation, report: ImportReport, path: Path, ask: SecretsHandler | None
) -> None:
    """Signs a report with the key of this workstation and writes it.

    Raises:
        Refused: ``E-CAP`` if there is no identity.
        EnvironmentFault: ``E-LOCKED``.
        OSError: If the file cannot be written.
    """
    document = report_document(report)
    card = at.require_card()
    subject = {
        "name": f"import/{report.record.id}",
        "digest": {"sha256": canonical.digest(document)},
    }
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [subject],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"team": at.home.pinned_team(), "writer": card.writer, "report": document},
    }
    signer = Ed25519Signer(at.keys(ask=ask))
    write_whole(path, envelope.seal(statement, [signer]))


def check_signed_report(at: Workstation, path: Path) -> CheckedReport:
    """Reads a signed report and checks its signature against the team of this store.

    Raises:
        BadInput: ``E-FORMAT`` if the file is no signed report.
        Untrusted: ``E-CANON``, ``E-SIZE``; ``E-HASH`` if the report is not the one its subject
            names; ``E-SIG`` if the signature of a member does not hold; ``E-TEAM``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIGNED_BYTES + 1)
    except OSError as error:
        raise _no_report(path, error.strerror or "it cannot be read") from error
    parsed = envelope.parse(data, max_bytes=MAX_SIGNED_BYTES)
    try:
        report, team, writer = _read(parsed.document)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _no_report(path, "it has other fields than a report") from error
    if team != at.home.pinned_team():
        raise Untrusted("E-TEAM", "The report is of another team", "Ask whose it is.")
    signature = parsed.signatures[0]
    member = at.snapshot().latest.members.get(writer)
    if signature.keyid == writer and member is None:
        return CheckedReport(
            report=report, team=team, signer=writer, host="", is_member=False, is_active=False
        )
    key = from_hex(member.alg, member.pub) if member is not None else None
    holds = key is not None and key.verify(signature.sig, parsed.signed_bytes)
    if member is None or signature.keyid != writer or not holds:
        raise Untrusted(
            "E-SIG", "The signature under the report does not hold",
            "It was changed or signed by somebody else. Ask for it again.",
        )  # fmt: skip
    name = at.snapshot().latest.name_of(writer)
    return CheckedReport(
        report=report, team=team, signer=name, host=member.host, is_member=True,
        is_active=member.is_active,
    )  # fmt: skip


def _read(found: JsonValue) -> tuple[ImportReport, str, str]:
    if found["_type"] != STATEMENT_TYPE or found["predicateType"] != PREDICATE_TYPE:
        raise ValueError("another statement")
    (subject,) = found["subject"]
    predicate = found["predicate"]
    if canonical.digest(predicate["report"]) != subject["digest"]["sha256"]:
        raise Untrusted(
            "E-HASH", "The report is not the one its signature names", "Ask for it again."
        )
    id_ = str(subject["name"]).removeprefix("import/")
    return read_report(id_, predicate["report"]), str(predicate["team"]), str(predicate["writer"])


def _no_report(path: Path, why: str) -> BadInput:
    return BadInput(
        "E-FORMAT", f"{path.name} is no signed report: {why}",
        "Give the file that Save report wrote.",
    )  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""One event: who signed what when, its place in the chain, and the payload that was signed."""

from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.kit.blocks import Banner, CodeBlock
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.kept_width import keep_width
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.surface import Scroll, Surface, column
from strongroom.desktop.kit.wording import exact, size
from strongroom.domain.clock import from_iso
from strongroom.services.audit import EntryDetail

PANE_WIDTH, MOST_WIDTH = 408, 560  # px at 100 %, and at any size of text
_SENTENCES = {
    "E-CAP": "Its writer never had the right it needed, so it has no effect on any peer.",
    "E-CUT": "Its writer's right had ended before it, so it has no effect on any peer.",
    "E-SELF": "Nobody approves what he asked for himself: it does not count.",
    "E-BIND": "It names other bytes than the request it answers: it does not count.",
    "E-POLICY": "It names another policy than the request it answers: it does not count.",
    "E-FORMAT": "Its body has another shape than its type demands: it has no effect.",
}


class EventPane(Surface):
    """The pane beside the table."""

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self._title = Label("", "text_primary", "title")
        self._sentence = Label("", "text_secondary", wrap=True)
        self._banner = Banner.for_trust("valid", "", "")
        self._facts = KeyValues(key_width=96)
        self._code = CodeBlock("", "Signed payload", lines=14)
        self._payload = SectionTitle("Signed payload")
        body = column(
            self._title,
            4,
            self._sentence,
            12,
            self._banner,
            16,
            self._facts,
            16,
            self._payload,
            8,
            self._code,
            None,
            margins=(20, 16, 20, 16),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.addWidget(Scroll(body))
        keep_width(self, PANE_WIDTH, MOST_WIDTH)

    def show_event(self, detail: EntryDetail, now_us: int) -> None:  # noqa: ARG002 - times are exact here
        """Shows an event."""
        entry = detail.entry
        self._title.setText(f"Event {entry.number:,}")
        self._sentence.setText(f"{entry.type}: {entry.object}")
        signed = f"Signed by {entry.who}" + (f" on {entry.host}" if entry.host else "")
        trust = entry.trust
        if trust == "mismatch":
            why = _SENTENCES.get(entry.code, "It has no effect.")
            self._banner.show_outcome("warn", f"No effect, {entry.code}", f"{signed}. {why}", "",
                                      "shield-alert")  # fmt: skip
        elif trust == "valid":
            self._banner.show_trust("valid", signed, "")
        elif trust == "unknown":
            self._banner.show_trust("unknown", signed, "")
        else:
            self._banner.show_trust("revoked", signed, "")
        self._facts.set_facts(
            [
                Fact(key="Claimed time", value=exact(entry.time_us)),
                Fact(key="Not before", value=_claim(detail.not_before)),
                Fact(key="Not after", value=_claim(detail.not_after)),
                *([Fact(key="Clock, W-CLOCK", value=entry.clock)] if entry.clock else ()),
                Fact(key="Writer", value=f"event {entry.seq} of {detail.log_length}"),
                Fact(key="Role now", value=detail.role),
                Fact(key="Previous", value=detail.previous, kind="digest")
                if detail.previous
                else Fact(key="Previous", value="none, it is the first"),
                Fact(key="Event id", value=entry.id, kind="digest"),
            ]
        )
        self._payload.set_note("", size(detail.payload_bytes))
        self._code.set_code(detail.payload)


def _claim(text: str) -> str:
    if not text:
        return "nobody else says"
    try:
        return exact(from_iso(text))
    except ValueError:
        return "not a time"

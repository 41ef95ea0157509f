# SPDX-License-Identifier: Apache-2.0
"""Asking for a transition: the target, the reason, what the policy demands, what will be signed.

* Gates are measured here and now; a failed one travels only with a waiver in writing.
* Cancel is the default; Request says what is missing while it is disabled.
"""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, marks, wording
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field, TextArea
from strongroom.desktop.kit.kept_width import keep_width
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.sign_box import SignBox
from strongroom.desktop.kit.surface import Scroll, Surface, clear, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.review import lines
from strongroom.desktop.review.case_views import StateLine
from strongroom.desktop.review.services import ReviewServices
from strongroom.domain.gate import FAIL, Verdict, measure
from strongroom.domain.ids import in_groups
from strongroom.domain.key_words import NO_KEY
from strongroom.domain.policy import Policy
from strongroom.domain.registry import ModelVersion, TransitionRequest
from strongroom.services.review import find_stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a request for one target would carry, as the store stands now."""

    version: ModelVersion
    target: str
    retired: ModelVersion | None
    policy: Policy
    gates: tuple[Verdict, ...]
    is_content_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The versions and stages there are."""

    versions: tuple[ModelVersion, ...]
    stages: tuple[str, ...]


class RequestDialog(Dialog):
    """Asks for a move of a version to a stage.

    Args:
        services: What the page has.
        tasks: The jobs of the window.
        reference: ``NAME/VERSION`` or ``NAME/VERSION+TREE8`` to start with, "" for none.

    Signals:
        requested: The request was signed (a `TransitionRequest`).
    """

    requested = Signal(object)

    def __init__(
        self,
        services: ReviewServices,
        tasks: Tasks,
        reference: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Request a transition",
            title="Request a transition",
            sentence="What it takes for the move to take effect stands below.",
            width=680,
            height=420,
            cancel_is_default=True,
            parent=parent,
        )
        self._services, self._tasks = services, tasks
        self._secrets = Secrets(tasks, services.identities, self)
        self._reference, self._target = reference, ""
        self._choices: Choices | None = None
        self._prepared: Prepared | None = None
        self._is_signing = False
        self._waivers: dict[str, Field] = {}
        self.version_menu = MenuButton("Choose a version", kind="secondary", name="Version")
        self.version_menu.chosen.connect(self._on_version_chosen)
        self.stage_menu = MenuButton("Choose a stage", kind="secondary", name="Target stage")
        self.stage_menu.chosen.connect(self._on_stage_chosen)
        self.reason = TextArea("Reason", "Why this version, in a sentence", lines=2)
        self.reason.setObjectName("review.request.reason")
        self.reason.changed.connect(lambda _words: self._look_again())
        self._demands = QVBoxLayout()
        self._demands.setContentsMargins(0, 0, 0, 0)
        self._demands.setSpacing(0)
        self.sign_box = SignBox("You are about to sign a request:")
        self.sign_box.setVisible(False)
        self.set_body(self._make_body(), margins=(0, 0, 0, 0))
        self.request_button = self.add_action("Request", "primary", "stamp")
        self.request_button.setObjectName("review.request.request")
        self.request_button.clicked.connect(self.request)
        self._look_again()
        self._load()

    def request(self) -> None:
        """Signs the request that is shown."""
        prepared = self._prepared
        if prepared is None or self._missing():
            return
        reviews, version = self._services.reviews, prepared.version
        reference = f"{version.model}/{version.version}+{version.tree}"
        reason, waived = self.reason.text().strip(), self._waived()
        self._is_signing = True
        self._look_again()

        def work(ask: Ask, _progress: object) -> TransitionRequest:
            return reviews.request(
                reference, prepared.target, reason=reason, waived=waived, ask=ask
            )

        self._secrets.sign(
            "review.request",
            f"Requesting {prepared.target} for {version.model}",
            "A request needs the passphrase of your key.",
            work,
            self._on_done,
            owner=self,
            failed=self._on_failed,
            ended=self._on_ended,
            parent=self,
        )

    def reason_not(self) -> str:
        """Returns why Request is disabled, "" if it is not."""
        return self._missing()

    # ---------------------------------------------------------------- inside

    def _make_body(self) -> QWidget:
        def named(words: str, widget: QWidget) -> QWidget:
            label = Label(words, "text_secondary", "dense", weight=500)
            keep_width(label, 96)
            return row(label, widget, None)

        demands = Surface()
        demands.setLayout(self._demands)
        inside = column(
            named("Version", self.version_menu),
            8,
            named("Target stage", self.stage_menu),
            12,
            Label("Reason", "text_secondary", "dense", weight=500),
            4,
            self.reason,
            12,
            demands,
            None,
            margins=(20, 4, 20, 12),
            fill="bg_surface",
        )
        scroll = Scroll(inside)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        foot = row(self.sign_box, margins=(20, 0, 20, 12))
        return column((scroll, 1), foot)

    def _load(self) -> None:
        services = self._services

        def read(_progress: object) -> Choices:
            versions = [
                version for model in services.registry.models() for version in model.versions
            ]
            stages = [stage.name for stage in services.people.team().stages]
            return Choices(versions=tuple(versions), stages=tuple(stages))

        self._tasks.ask(
            "reviews.choices", "Reading versions", read, self._on_loaded, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def _on_loaded(self, choices: Choices) -> None:
        self._choices = choices
        self.version_menu.set_choices(
            [(_reference(version), _words(version)) for version in reversed(choices.versions)]
        )
        found = self._version()
        if found is not None:
            self.version_menu.set_words(_words(found))
        self._offer_stages()

    def _version(self) -> ModelVersion | None:
        asked = self._reference
        if self._choices is None or not asked:
            return None
        return next(
            (
                version
                for version in self._choices.versions
                if _reference(version).startswith(asked if "+" in asked else f"{asked}+")
            ),
            None,
        )

    def _offer_stages(self) -> None:
        version, choices = self._version(), self._choices
        self._prepared = None
        if version is None or choices is None:
            self._show_demands()
            return
        offered = [stage for stage in choices.stages if stage != version.stage]
        self.stage_menu.set_choices([(stage, stage) for stage in offered])
        usual = {"None": "Staging", "Staging": "Production"}.get(version.stage, "")
        self._target = self._target if self._target in offered else ""
        if not self._target:
            self._target = usual if usual in offered else ""
        self.stage_menu.set_words(self._target or "Choose a stage")
        self._prepare()

    def _on_version_chosen(self, reference: str) -> None:
        self._reference = reference
        found = self._version()
        if found is not None:
            self.version_menu.set_words(_words(found))
        self._offer_stages()

    def _on_stage_chosen(self, stage: str) -> None:
        self._target = stage
        self.stage_menu.set_words(stage)
        self._prepare()

    def _prepare(self) -> None:
        version, target, services = self._version(), self._target, self._services
        self._prepared = None
        if version is None or not target:
            self._show_demands()
            return
        self._tasks.ask(
            "reviews.prepare",
            "Measuring gates",
            lambda _progress: prepare(services, version, target),
            self._on_prepared,
            owner=self,
            failed=self._on_failed,
        )

    def _on_prepared(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._show_demands()

    def _show_demands(self) -> None:
        clear(self._demands)
        self._waivers = {}
        prepared = self._prepared
        self.sign_box.setVisible(prepared is not None)
        if prepared is not None:
            policy = prepared.policy
            self._demands.addWidget(SectionTitle("The policy demands", _policy_note(policy)))
            for words in policy_sentences(policy):
                self._demands.addWidget(Label(words, "text_secondary", "dense", wrap=True))
            self._demands.addSpacing(8)
            note = lines.gates_note([gate.verdict for gate in prepared.gates])
            self._demands.addWidget(SectionTitle("Gates, measured now", note))
            for gate in prepared.gates:
                self._add_gate(gate)
            self._show_statement(prepared)
        self._look_again()

    def _add_gate(self, gate: Verdict) -> None:
        shown = marks.VERDICT[gate.verdict]  # type: ignore[index]  # one of the three of domain.gate
        remark = lines.gate_remark(gate.measured, gate.needed)
        self._demands.addWidget(
            StateLine(gate.name, remark, shown.icon, shown.tone, word=shown.word)
        )
        if gate.verdict == FAIL:
            field = Field(f"Why waive {gate.name}", "Waive it in writing: why")
            field.changed.connect(lambda _words: self._look_again())
            self._waivers[gate.name] = field
            self._demands.addWidget(field)

    def _show_statement(self, prepared: Prepared) -> None:
        version, retired = prepared.version, prepared.retired
        words = f"{version.model} v{version.version} shall become {prepared.target}"
        if retired is not None:
            words += f" and v{retired.version} shall become Archived, in one event"
        self.sign_box.set_content(
            f"{words}.",
            (
                ("Tree digest", in_groups(version.tree, 8)),
                ("Policy", in_groups(prepared.policy.digest, 2)),
            ),
        )

    def _waived(self) -> dict[str, str]:
        return {name: field.text().strip() for name, field in self._waivers.items() if field.text()}

    def _missing(self) -> str:
        """Returns what is missing before the request can be signed, "" if nothing is."""
        return self._missing_choice() or self._missing_content()

    def _missing_choice(self) -> str:
        if self._services.writer() == "":
            return f"{NO_KEY}."
        if self._choices is not None and not self._choices.versions:
            return "There is no version yet: register one from a run first."
        if self._version() is None:
            return "Choose a version."
        if not self._target:
            return "Choose a stage."
        return ""

    def _missing_content(self) -> str:
        prepared = self._prepared
        if prepared is None:
            return "Reading what the policy demands."
        if not prepared.is_content_here:
            return "The files of this version are not in this store."
        if prepared.policy.require:
            return f"The policy requires evidence: {', '.join(prepared.policy.require)}."
        if not self.reason.text().strip():
            return "Say why, in a sentence."
        return ""

    def _look_again(self) -> None:
        missing = self._missing()
        self.request_button.setEnabled(not missing and not self._is_signing)
        failing = [name for name, field in self._waivers.items() if not field.text().strip()]
        if missing:
            self.set_reason(missing)
        elif failing:
            self.set_reason(f"“{failing[0]}” fails: nobody can approve it unwaived.", "warn")
        else:
            at_once = self._prepared is not None and self._prepared.policy.need == 0
            after = "it takes effect at once" if at_once else "others approve it"
            self.set_reason(f"Signed with your key; {after}.", "mute", "key-round")

    def _on_done(self, request: TransitionRequest) -> None:
        self.requested.emit(request)
        self.accept()

    def _on_ended(self) -> None:
        self._is_signing = False
        self._look_again()

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self)


def prepare(services: ReviewServices, version: ModelVersion, target: str) -> Prepared:
    """Measures the gates of a move the way the service will when it is requested.

    Raises:
        BadInput: ``E-VERSION``, ``E-STAGE``.
    """
    document = services.people.team()
    stage = find_stage(document, target)
    policy = document.policy(version.model, stage.name)
    detail = services.registry.show(_reference(version))
    holder = services.registry.model(version.model).holder(stage.name)
    retired = holder if stage.is_exclusive and holder and holder.key != version.key else None
    incumbent = services.registry.show(_reference(retired)) if retired else None
    return Prepared(
        version=version,
        target=stage.name,
        retired=retired,
        policy=policy,
        gates=measure(policy.gates, detail.metrics, incumbent.metrics if incumbent else None),
        is_content_here=detail.is_content_here,
    )


def policy_sentences(policy: Policy) -> list[str]:
    """Returns what a policy demands, in sentences."""
    found = []
    if policy.need == 0:
        found.append("Nobody has to approve this move; it takes effect with the request.")
    else:
        found.append(
            f"{wording.count(policy.need, 'approval')} by people with the right to give it."
        )
    if policy.groups:
        found.append(f"One of each group: {', '.join(policy.groups)}.")
    if "requester" in policy.exclude:
        found.append("You cannot approve it yourself.")
    if "run-author" in policy.exclude:
        found.append("Whoever made the run cannot approve it.")
    if policy.veto:
        found.append("One rejection ends it.")
    if policy.require:
        found.append(f"Evidence: {', '.join(policy.require)}.")
    return found


def _policy_note(policy: Policy) -> str:
    return f"policy {in_groups(policy.digest, 2)}"


def _reference(version: ModelVersion) -> str:
    return f"{version.model}/{version.version}+{version.tree}"


def _words(version: ModelVersion) -> str:
    return f"{version.model} v{version.version}, {version.stage}"

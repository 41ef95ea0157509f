# SPDX-License-Identifier: Apache-2.0
"""Pointing an alias at a version, or taking it away; a signed event like any other."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.sign_box import SignBox
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.registry.services import ModelServices
from strongroom.domain.changes import Changes
from strongroom.domain.ids import in_groups
from strongroom.domain.registry import ModelVersion, RegisteredModel

REMOVED = "0"  # what the service takes for "points at nothing"


class AliasDialog(Dialog):
    """Sets or removes one alias.

    Signals:
        changed: The alias was signed (a `Changes`).
    """

    changed = Signal(object)

    def __init__(
        self,
        services: ModelServices,
        tasks: Tasks,
        version: ModelVersion,
        model: RegisteredModel,
        parent: QWidget | None = None,
    ) -> None:
        name = f"{version.model} v{version.version}"
        super().__init__(
            f"Alias of {name}",
            title=f"Point an alias at {name}",
            sentence="An alias is a name that programs ask for, such as champion. It moves nothing "
            "between stages.",
            width=520,
            cancel_is_default=True,
            parent=parent,
        )
        self._services, self._version, self._model = services, version, model
        self._secrets = Secrets(tasks, services.identities, self)
        self._is_signing = False
        self.field = Field("Alias", "champion", size="large")
        self.field.changed.connect(lambda _words: self._look_again())
        known = ", ".join(f"{alias} (v{key[1]})" for alias, key in sorted(model.aliases.items()))
        self._box = SignBox()
        self.set_body(
            column(
                Label("Alias", "text_secondary", "dense", weight=500),
                4,
                self.field,
                4,
                Label(f"Set now: {known or 'none'}", "text_tertiary", "caption", wrap=True),
                12,
                self._box,
            )
        )
        self.remove_button = self.add_action("Remove", "danger")
        self.remove_button.clicked.connect(lambda: self._sign(REMOVED))
        self._actions.removeWidget(self.cancel_button)
        self._actions.addWidget(self.cancel_button)
        self.set_button = self.add_action("Set alias", "primary", "tag")
        self.set_button.clicked.connect(
            lambda: self._sign(f"{self._version.version}+{self._version.tree}")
        )
        self._look_again()
        self.resize(self.width(), self.sizeHint().height())

    def _alias(self) -> str:
        return self.field.text().strip()

    def _look_again(self) -> None:
        alias, version = self._alias(), self._version
        current = self._model.aliases.get(alias)
        self.set_button.setEnabled(bool(alias) and current != version.key and not self._is_signing)
        self.remove_button.setEnabled(current is not None and not self._is_signing)
        if current == version.key:
            self.set_reason("It points at this version already.")
        else:
            self.set_reason("" if alias else "Type a name first.")
        before = f" instead of v{current[1]}" if current and current != version.key else ""
        self._box.set_content(
            f"{alias or '…'} means {version.model} v{version.version}{before}.",
            (("Tree digest", in_groups(version.tree, 4)),),
        )

    def _sign(self, target: str) -> None:
        alias, services, name = self._alias(), self._services, self._version.model
        self._is_signing = True
        self._look_again()

        def work(ask: Ask, _progress: object) -> Changes:
            services.identities.unlock(ask=ask)
            return services.registry.set_alias(name, alias, target)

        self._secrets.sign(
            "models.alias", f"Setting the alias {alias}", "An alias needs your key.", work,
            self._on_done, owner=self, failed=self._on_failed,
            ended=self._on_ended, parent=self,
        )  # fmt: skip

    def _on_done(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self.accept()

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self)

    def _on_ended(self) -> None:
        self._is_signing = False
        self._look_again()

# SPDX-License-Identifier: Apache-2.0
"""The scenes of the Exchange page: its four tabs, importing, and its dialogs."""

from functools import partial

from PySide6.QtWidgets import QWidget

from strongroom.desktop.exchange.bundle_dialog import BundleDialog
from strongroom.desktop.exchange.dialogs import AddPlaceDialog, RemoveDialog
from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.exchange.plan_dialog import PlanDialog
from strongroom.desktop.exchange.secrets_dialog import SecretsDialog
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import NothingToShow, Scene, Studio
from strongroom.domain.secret import SecretFinding


def _page(shown: str, studio: Studio) -> QWidget:
    studio.open(Place.of("exchange", {"show": shown}))
    return studio.window


def _import(studio: Studio) -> ImportWizard:
    _page("places", studio)
    studio.run("exchange.import")
    return studio.dialog(ImportWizard)


def _verified(studio: Studio) -> QWidget:
    """Verifies what lies at the last place, which writes nothing."""
    wizard = _import(studio)
    places = [line.key for line in wizard.sources.table.lines()]
    if not places:
        raise NothingToShow("no place is known")
    wizard.sources.table.select(places[-1])
    wizard.next_button.click()
    studio.settle()
    return wizard


def _plan(studio: Studio) -> QWidget:
    """Asks what Sync would do with the first place, which writes nothing."""
    _page("places", studio)
    page = studio.page(ExchangePage)
    places = [line.key for line in page.places.table.lines()]
    if not places:
        raise NothingToShow("no place is known")
    page.places.table.select(places[0])
    page.plan(places[0])
    return studio.dialog(PlanDialog)


def _add(studio: Studio) -> QWidget:
    _page("places", studio)
    studio.run("exchange.add_place")
    return studio.dialog(AddPlaceDialog)


def _remove(studio: Studio) -> QWidget:
    _page("quarantine", studio)
    page = studio.page(ExchangePage)
    kept = page.quarantine.table.selected()
    if not page.badge() or not kept:
        raise NothingToShow("nothing is in quarantine")
    page.remove(kept[0])
    return studio.dialog(RemoveDialog)


def _secrets(studio: Studio) -> QWidget:
    """Shows findings as a push would; nothing is pushed or signed."""
    _page("places", studio)
    shown = (
        ("param db_password", "sealed.json", "named-password", "a password", "9 characters"),
        ("line 14", "artifacts/notes/env.txt", "aws-access-key", "an AWS access key",
         "AKIA…, 20 characters"),
        ("line 3", "artifacts/notes/change.diff", "private-key", "a private key",
         "35 characters"),
    )  # fmt: skip
    findings = [
        SecretFinding(object="0" * 64, owner="run calm-owl of churn", path=path, place=place,
                      rule=rule, title=title, hint=hint)
        for place, path, rule, title, hint in shown
    ]  # fmt: skip
    studio.page(ExchangePage).rounds.ask_about_secrets("share", findings)
    return studio.dialog(SecretsDialog)


def _bundle(studio: Studio) -> QWidget:
    """Weighs a bundle of what is chosen, which writes nothing."""
    _page("packages", studio)
    studio.run("exchange.bundle")
    dialog = studio.dialog(BundleDialog)
    dialog.kind.choose("chosen")
    dialog.things.all_checked.emit(True)
    studio.settle()
    return dialog


SCENES = (
    Scene(name="exchange", shows=ExchangePage, play=partial(_page, "places")),
    Scene(name="exchange-quarantine", shows=ExchangePage, play=partial(_page, "quarantine")),
    Scene(name="exchange-imports", shows=ExchangePage, play=partial(_page, "imports")),
    Scene(name="exchange-packages", shows=ExchangePage, play=partial(_page, "packages")),
    Scene(name="exchange-plan", shows=PlanDialog, play=_plan),
    Scene(name="exchange-import", shows=ImportWizard, play=_import),
    Scene(name="exchange-verified", shows=ImportWizard, play=_verified),
    Scene(name="exchange-add-place", shows=AddPlaceDialog, play=_add),
    Scene(name="exchange-secrets", shows=SecretsDialog, play=_secrets),
    Scene(name="exchange-bundle", shows=BundleDialog, play=_bundle),
    Scene(name="exchange-remove", shows=RemoveDialog, play=_remove),
)

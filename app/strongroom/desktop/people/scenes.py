# SPDX-License-Identifier: Apache-2.0
"""The scenes of the People page: the team, admitting somebody, signing a draft of another admin."""

from PySide6.QtWidgets import QWidget

from strongroom.demo.people import DEMO_PASSPHRASE
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import NothingToShow, Scene, Studio
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.cosign_dialog import CosignDialog
from strongroom.desktop.people.fork_dialog import ForkDialog
from strongroom.desktop.people.grant_dialog import GrantDialog
from strongroom.desktop.people.page import PeoplePage
from strongroom.desktop.people.passphrase_dialog import PassphraseDialog
from strongroom.desktop.people.put_aside_dialog import PutAsideDialog
from strongroom.desktop.people.request_dialog import RequestDialog
from strongroom.desktop.people.revoke_dialog import RevokeDialog
from strongroom.desktop.people.rotate_dialog import RotateDialog
from strongroom.desktop.people.team_dialogs import FoundDialog, TrustDialog
from strongroom.domain.errors import StrongroomError


def _page(studio: Studio) -> QWidget:
    studio.open(Place("people"))
    return studio.window


def _admit(studio: Studio) -> QWidget:
    """Shows a request that somebody put into the home."""
    _page(studio)
    request = studio.home / "request.json"
    if not request.exists():
        raise NothingToShow("nobody asks to be admitted")
    studio.page(PeoplePage).acts.admit_from(request)
    return studio.dialog(AdmitDialog)


def _grant(studio: Studio) -> QWidget:
    _page(studio)
    studio.page(PeoplePage).grant()
    return studio.dialog(GrantDialog)


def _key(studio: Studio) -> QWidget:
    studio.open(Place.of("people", {"tab": "key"}))
    return studio.window


def _request(studio: Studio) -> QWidget:
    """Shows a request, where the key has the passphrase that everybody knows."""
    _page(studio)
    page = studio.page(PeoplePage)
    try:
        page.identities.unlock(ask=lambda _question: DEMO_PASSPHRASE)
    except StrongroomError as error:
        raise NothingToShow("the key here has a passphrase of its own, or there is none") from error
    page.key_acts.show_request()
    dialog = studio.dialog(RequestDialog)
    page.identities.lock()
    return dialog


def _revoke(studio: Studio) -> QWidget:
    """Looks what the team would lose with whoever is first in the list."""
    _page(studio)
    page = studio.page(PeoplePage)
    others = page.members.others()
    if not others:
        raise NothingToShow("there is nobody else in the team")
    page.table.select(others[0])
    page.revoke()
    return studio.dialog(RevokeDialog)


def _fork(studio: Studio) -> QWidget:
    """Opens the way out of a fork; where there is none it says so."""
    _page(studio)
    page = studio.page(PeoplePage)
    if not page.acts.team.is_forked:
        raise NothingToShow("the team has one version")
    page.acts.settle_fork()
    return studio.dialog(ForkDialog)


def _put_aside(studio: Studio) -> QWidget:
    """Opens what is told of a version that was in force here; where there is none it says so."""
    _page(studio)
    page = studio.page(PeoplePage)
    if not page.acts.team.put_aside:
        raise NothingToShow("no version of the team was put aside here")
    page.acts.look_at_put_aside()
    return studio.dialog(PutAsideDialog)


def _found(studio: Studio) -> QWidget:
    _page(studio)
    studio.page(PeoplePage).acts.found()
    return studio.dialog(FoundDialog)


def _join(studio: Studio) -> QWidget:
    _page(studio)
    studio.page(PeoplePage).acts.join()
    dialog = studio.dialog(TrustDialog)
    dialog.id_field.set_text("7f3c91ab" * 8)
    return dialog


def _rotate(studio: Studio) -> QWidget:
    _page(studio)
    studio.page(PeoplePage).key_acts.rotate()
    return studio.dialog(RotateDialog)


def _passphrase(studio: Studio) -> QWidget:
    _page(studio)
    studio.page(PeoplePage).key_acts.protect()
    return studio.dialog(PassphraseDialog)


def _cosign(studio: Studio) -> QWidget:
    """Shows a draft that another admin put into the home."""
    _page(studio)
    draft = studio.home / "draft.json"
    if not draft.exists():
        raise NothingToShow("no change of the team waits for a signature")
    studio.page(PeoplePage).acts.cosign_from(draft)
    return studio.dialog(CosignDialog)


def _access(studio: Studio) -> QWidget:
    """Looks who may do what now."""
    studio.open(Place.of("people", {"tab": "access"}))
    if studio.page(PeoplePage).acts.team.document is None:
        raise NothingToShow("nobody has rights where there is no team")
    return studio.window


def _access_then(studio: Studio) -> QWidget:
    """Looks who could do what when the team had its second version."""
    window = _access(studio)
    page = studio.page(PeoplePage)
    page.access.look(version=2)
    studio.settle()
    return window


def _drafts(studio: Studio) -> QWidget:
    studio.open(Place.of("people", {"tab": "drafts"}))
    return studio.window


SCENES = (
    Scene(name="people", shows=PeoplePage, play=_page),
    Scene(name="people-access", shows=PeoplePage, play=_access),
    Scene(name="people-access-then", shows=PeoplePage, play=_access_then),
    Scene(name="people-drafts", shows=PeoplePage, play=_drafts),
    Scene(name="people-key", shows=PeoplePage, play=_key),
    Scene(name="people-request", shows=RequestDialog, play=_request),
    Scene(name="people-grant", shows=GrantDialog, play=_grant),
    Scene(name="people-revoke", shows=RevokeDialog, play=_revoke),
    Scene(name="people-fork", shows=ForkDialog, play=_fork),
    Scene(name="people-put-aside", shows=PutAsideDialog, play=_put_aside),
    Scene(name="people-found", shows=FoundDialog, play=_found),
    Scene(name="people-join", shows=TrustDialog, play=_join),
    Scene(name="people-rotate", shows=RotateDialog, play=_rotate),
    Scene(name="people-passphrase", shows=PassphraseDialog, play=_passphrase),
    Scene(name="people-cosign", shows=CosignDialog, play=_cosign),
    Scene(name="people-admit", shows=AdmitDialog, play=_admit),
)

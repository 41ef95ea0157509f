# SPDX-License-Identifier: Apache-2.0
"""The scenes of the Audit page: the log, writing a package, and verifying one."""

from PySide6.QtWidgets import QWidget

from strongroom.desktop.audit.export_dialog import ExportDialog
from strongroom.desktop.audit.page import AuditPage
from strongroom.desktop.audit.verify_dialog import VerifyDialog
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import Scene, Studio


def _page(studio: Studio) -> QWidget:
    studio.open(Place("audit"))
    return studio.window


def _export(studio: Studio) -> QWidget:
    _page(studio)
    studio.run("audit.export")
    return studio.dialog(ExportDialog)


def _verify(studio: Studio) -> QWidget:
    _page(studio)
    studio.run("audit.verify")
    return studio.dialog(VerifyDialog)


SCENES = (
    Scene(name="audit", shows=AuditPage, play=_page),
    Scene(name="audit-export", shows=ExportDialog, play=_export),
    Scene(name="audit-verify", shows=VerifyDialog, play=_verify),
)

# SPDX-License-Identifier: Apache-2.0
"""The scenes of the Compare page: values, texts and files side by side, and choosing runs."""

from functools import partial

from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.aside import PARTS
from strongroom.desktop.compare.beside_list import entries_of
from strongroom.desktop.compare.page import ComparePage
from strongroom.desktop.compare.picker import RunPicker
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import NothingToShow, Scene, Studio
from strongroom.desktop.viewers.profile_dialog import ProfileChangesDialog

PICTURES = (".png", ".jpg", ".jpeg")
TABLES = (".csv", ".tsv", ".parquet", ".arrow")


def _page(studio: Studio, view: str = "values", *, only_differing: bool = True) -> ComparePage:
    """Opens the page with the charted runs."""
    studio.open(Place("runs"))
    studio.run("runs.compare")
    page = studio.page(ComparePage)
    page.only_differences.setChecked(only_differing)
    page.show_view(view)
    page.tools.show_layout("columns")
    page.aside.show_part(PARTS[0][0])
    studio.settle()
    if len(page.arrangement().run_ids) < 2:
        raise NothingToShow("there are not two runs")
    return page


def _values(studio: Studio, *, only_differing: bool) -> QWidget:
    _page(studio, only_differing=only_differing)
    return studio.window


def _turned(studio: Studio) -> QWidget:
    _page(studio).turn_round()
    studio.settle()
    return studio.window


def _aside(part: str, studio: Studio) -> QWidget:
    page = _page(studio)
    page.aside.show_part(part)
    studio.settle()
    return studio.window


def _texts(studio: Studio) -> QWidget:
    _page(studio, "beside")
    return studio.window


def _files(endings: tuple[str, ...], studio: Studio) -> QWidget:
    page = _page(studio, "beside", only_differing=False)
    entries = entries_of(page.reading.compared, 0, 1)
    both = [each for each in entries if each.path and each.state in {"same", "differs"}]
    shared = [each.key for each in both if each.path.lower().endswith(endings)]
    if not shared:
        raise NothingToShow(f"no file of both runs ends in {', '.join(endings)}")
    page.beside.open_entry(shared[0])
    studio.settle()
    return studio.window


def _alone(studio: Studio) -> QWidget:
    page = _page(studio)
    studio.open(Place.of("compare", {"runs": page.arrangement().run_ids[0]}))
    return studio.window


def _data_changes(studio: Studio) -> QWidget:
    _page(studio)
    studio.run("compare.data_changes")
    return studio.dialog(ProfileChangesDialog)


def _picker(studio: Studio) -> QWidget:
    _page(studio).choose_runs()
    return studio.dialog(RunPicker)


SCENES = (
    Scene(name="compare", shows=ComparePage, play=partial(_values, only_differing=True)),
    Scene(name="compare-all", shows=ComparePage, play=partial(_values, only_differing=False)),
    Scene(name="compare-turned", shows=ComparePage, play=_turned),
    *(
        Scene(name=f"compare-{part}", shows=ComparePage, play=partial(_aside, part))
        for part, _title in PARTS[1:]
    ),
    Scene(name="compare-texts", shows=ComparePage, play=_texts),
    Scene(name="compare-pictures", shows=ComparePage, play=partial(_files, PICTURES)),
    Scene(name="compare-tables", shows=ComparePage, play=partial(_files, TABLES)),
    Scene(name="compare-alone", shows=ComparePage, play=_alone),
    Scene(name="compare-data", shows=ProfileChangesDialog, play=_data_changes),
    Scene(name="compare-add", shows=RunPicker, play=_picker),
)

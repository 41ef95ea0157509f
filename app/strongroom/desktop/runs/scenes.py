# SPDX-License-Identifier: Apache-2.0
"""The scenes of the Runs page: table, filter, charts, plots, one run, and its dialogs."""

from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from strongroom.desktop.charts.chart_dialogs import ChartNumbers, LargeChart
from strongroom.desktop.charts.plot_numbers import PlotNumbers
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.menu import command_menu
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import NothingToShow, Scene, Studio
from strongroom.desktop.runs.chart_windows import MetricsDialog, NameDialog
from strongroom.desktop.runs.columns_dialog import ColumnsDialog
from strongroom.desktop.runs.commands import RUN_MENU
from strongroom.desktop.runs.contract_dialogs import ContractDialog, LearnDialog, RepairDialog
from strongroom.desktop.runs.contract_rule_dialog import ContractRuleDialog
from strongroom.desktop.runs.contracts_dialog import ContractsDialog
from strongroom.desktop.runs.detail_tabs import EVERY_TAB
from strongroom.desktop.runs.format_dialog import FormatDialog
from strongroom.desktop.runs.lost_dialogs import CloseDialog, ResumeDialog
from strongroom.desktop.runs.lower_pane import CURVES, VIEWS
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.rule_dialog import RuleDialog
from strongroom.desktop.runs.rules_list import RulesDialog
from strongroom.desktop.runs.unreadable_strip import UnreadableDialog
from strongroom.desktop.viewers.profile_dialog import ProfileDialog
from strongroom.domain.contract import Contract, ContractRule, Level, Subject
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.unreadable import UnreadableRun

MOST_OPENED = 10  # runs that are looked into for something to show
SHORT = {"overview": "run", "artifacts": "artifacts"}  # the two that documents show most
UNREADABLE = "metrics.accuracy > 0.9 AND"
UNMATCHED = 'tags.owner = "nobody of this name"'


def _page(studio: Studio, place: Place | None = None, below: str = CURVES) -> RunsPage:
    """Opens the page as it usually is: no filter, no group, no open run."""
    studio.open(place or Place("runs"))
    page = studio.page(RunsPage)
    page.group_by(None)
    page.detail.set_wide(wide=False)
    page.below.open(below)
    studio.settle()
    return page


def _some_run(page: RunsPage) -> str:
    run_id = page.table.run_id(0)
    if not run_id:
        raise NothingToShow("there are no runs")
    page.table.select(run_id)
    return run_id


def _grouped(studio: Studio) -> QWidget:
    page = _page(studio)
    run = page.run_named(_some_run(page))
    words = [key for key, value in run.params.items() if value.isalpha()] if run else []
    if not words:
        raise NothingToShow("no param is a word")
    page.group_by(Field(kind=FieldKind.PARAM, key=min(words)))
    studio.settle()
    return studio.window


def _filtered(text: str, studio: Studio) -> QWidget:
    page = _page(studio)
    page.query.set_text(text)
    studio.settle()
    return studio.window


def _completing(studio: Studio) -> QWidget:
    page = _page(studio)
    page.focus_filter()
    page.query.editor.set_text("metrics.")
    page.query.editor.names_requested.emit()
    studio.settle()
    return studio.window


def _below(view: str, studio: Studio) -> QWidget:
    _page(studio, below=view)
    return studio.window


def _run(tab: str, studio: Studio) -> QWidget:
    page = _page(studio)
    page.open_run(_some_run(page))
    studio.settle()
    page.detail.open_tab(tab)
    studio.settle()
    return studio.window


def _whole_run(studio: Studio) -> QWidget:
    page = _page(studio)
    page.open_run(_some_run(page))
    studio.settle()
    page.detail.open_tab("metrics")
    page.detail.set_wide(wide=True)
    studio.settle()
    return studio.window


def _columns_of_data(studio: Studio) -> QWidget:
    page = _page(studio)
    for run_id in filter(None, map(page.table.run_id, range(MOST_OPENED))):
        page.open_run(run_id)
        studio.settle()
        if (dialog := page.detail.body.overview.datasets.show_columns()) is not None:
            return dialog
    raise NothingToShow("none of the first runs logged the profile of a dataset")


def _selected(command: str, kind: type[Dialog], studio: Studio) -> QWidget:
    page = _page(studio)
    _some_run(page)
    studio.run(command)
    return studio.dialog(kind)


def _closing(studio: Studio) -> QWidget:
    page = _page(studio)
    return page.run_actions.ask_close((_some_run(page),))


def _resuming(studio: Studio) -> QWidget:
    page = _page(studio)
    page.run_actions.ask_resume(_some_run(page))
    studio.settle()
    return studio.dialog(ResumeDialog)


def _without_row(studio: Studio) -> QWidget:
    """Opens the list as it would stand if two of the runs had been damaged."""
    page = _page(studio)
    run = page.run_named(_some_run(page))
    if run is None:
        raise NothingToShow("the first run is not read yet")
    damaged = UnreadableRun(
        run_id=run.run_id, month="2026-11", code="E-HASH", name=run.name,
        experiment=run.experiment, reason="sealed.json was changed since it was written",
    )  # fmt: skip
    lost = replace(damaged, code="E-MISSING", name="", reason="run.json is not there")
    UnreadableDialog((damaged, lost), parent=studio.window).open()
    return studio.dialog(UnreadableDialog)


def _menu(studio: Studio) -> QWidget:
    page = _page(studio)
    state = WindowState(page="runs", selection=(_some_run(page),), has_store=True)
    menu = command_menu(page.table, page.commands(), RUN_MENU, state)
    menu.adjustSize()
    return menu


def _drafted(page: RunsPage) -> Contract:
    """Returns a contract over what some run has, and something it lacks."""
    run = page.run_named(_some_run(page))
    if run is None or not run.metrics:
        raise NothingToShow("no run has a metric")
    loss = min(run.metrics)
    rules = [
        ContractRule(subject=Subject.PARAM, key=key, is_required=True, allowed=(run.params[key],))
        for key in sorted(run.params)[:3]
    ]
    rules += [
        ContractRule(subject=Subject.METRIC, key=loss, is_required=True, high=0.95),
        ContractRule(subject=Subject.ARTIFACT, key="*/MLmodel", is_required=True),
        ContractRule(
            subject=Subject.SIGNATURE, key="*", inputs=("age: long", "income"), level=Level.SHOULD
        ),
        ContractRule(subject=Subject.DATASET, key="training", is_required=True, level=Level.SHOULD),
        ContractRule(
            subject=Subject.NAMES, key="params", shapes=("kebab-case",), level=Level.SHOULD
        ),
    ]
    return Contract(name="house-rules", rules=tuple(rules))


def _contracts(studio: Studio) -> ContractsDialog:
    page = _page(studio)
    page.contracts.show_draft(_drafted(page))
    return studio.dialog(ContractsDialog)


def _no_contracts(studio: Studio) -> QWidget:
    _page(studio)
    studio.run("runs.contracts")
    return studio.dialog(ContractsDialog)


def _contract_rule(studio: Studio) -> QWidget:
    dialog = _contracts(studio)
    dialog.table.select(dialog.table.lines()[2].key)
    dialog.change.click()
    return studio.dialog(ContractRuleDialog)


def _contract_repair(studio: Studio) -> QWidget:
    page = _page(studio)
    _some_run(page)
    studio.run("runs.contract_repair")
    return studio.dialog(RepairDialog)


def _contract_learn(studio: Studio) -> QWidget:
    page = _page(studio)
    _some_run(page)
    studio.run("runs.contracts")
    studio.dialog(ContractsDialog).learn_requested.emit("")
    return studio.dialog(LearnDialog)


def _contract_new(studio: Studio) -> QWidget:
    _page(studio)
    studio.run("runs.contracts")
    studio.dialog(ContractsDialog).new.click()
    return studio.dialog(ContractDialog)


def _first_card(studio: Studio) -> tuple[RunsPage, str]:
    page = _page(studio)
    card = next(iter(page.charts.board.places()), "")
    if not card:
        raise NothingToShow("no run is charted")
    return page, card


def _large(studio: Studio) -> QWidget:
    page, card = _first_card(studio)
    dialog = page.charts.windows.enlarge(card)
    studio.settle()
    return dialog


def _numbers(studio: Studio) -> QWidget:
    page, card = _first_card(studio)
    chart = page.charts.board.chart(card)
    if chart is None:
        raise NothingToShow("no chart is drawn")
    page.charts.windows.show_numbers(chart, page.charts.board.options(card).x)
    return studio.dialog(ChartNumbers)


def _settings(studio: Studio) -> QWidget:
    page, card = _first_card(studio)
    page.charts.open_settings(card)
    studio.settle()
    return studio.window


def _plot_numbers(studio: Studio) -> QWidget:
    page = _page(studio, below="scatter")
    page.below.plots.show_numbers()
    return studio.dialog(PlotNumbers)


def _layout_name(studio: Studio) -> QWidget:
    page = _page(studio)
    page.charts.windows.ask_name(lambda _name: None)
    return studio.dialog(NameDialog)


def _format(studio: Studio) -> QWidget:
    page = _page(studio)
    value = next((each for each in page.model.sheet.columns if each.kind == "value"), None)
    if value is None:
        raise NothingToShow("the table shows no value")
    page.column_actions.ask_format(value)
    return studio.dialog(FormatDialog)


def _rule(studio: Studio) -> QWidget:
    page = _page(studio)
    names = page.charts.metric_names()
    if not names:
        raise NothingToShow("no metric is charted")
    page.rules.ask(names[0])
    return studio.dialog(RuleDialog)


SCENES = (
    Scene(name="runs", shows=RunsPage, play=partial(_below, CURVES)),
    Scene(name="runs-grouped", shows=RunsPage, play=_grouped),
    Scene(name="runs-completion", shows=RunsPage, play=_completing),
    Scene(name="runs-unreadable", shows=RunsPage, play=partial(_filtered, UNREADABLE)),
    Scene(name="runs-unmatched", shows=RunsPage, play=partial(_filtered, UNMATCHED)),
    Scene(name="runs-without-row", shows=UnreadableDialog, play=_without_row),
    Scene(name="runs-menu", shows=QMenu, play=_menu),
    *(
        Scene(name=f"plots-{view}", shows=RunsPage, play=partial(_below, view))
        for view, _title in VIEWS
        if view != CURVES
    ),
    *(
        Scene(name=SHORT.get(tab, f"run-{tab}"), shows=RunsPage, play=partial(_run, tab))
        for tab, _title in EVERY_TAB
    ),
    Scene(name="run-data", shows=ProfileDialog, play=_columns_of_data),
    Scene(name="run-whole", shows=RunsPage, play=_whole_run),
    Scene(
        name="runs-columns", shows=ColumnsDialog,
        play=partial(_selected, "runs.columns", ColumnsDialog),
    ),
    Scene(name="runs-format", shows=FormatDialog, play=_format),
    Scene(name="runs-tag", shows=Dialog, play=partial(_selected, "runs.tag", Dialog)),
    Scene(name="runs-delete", shows=Dialog, play=partial(_selected, "runs.delete", Dialog)),
    Scene(name="runs-close", shows=CloseDialog, play=_closing),
    Scene(name="runs-resume", shows=ResumeDialog, play=_resuming),
    Scene(name="runs-move", shows=Dialog, play=partial(_selected, "runs.move", Dialog)),
    Scene(name="runs-save-view", shows=Dialog, play=partial(_selected, "runs.save_view", Dialog)),
    Scene(name="rule", shows=RuleDialog, play=_rule),
    Scene(
        name="rules", shows=RulesDialog, play=partial(_selected, "runs.rules", RulesDialog)
    ),
    Scene(name="contracts", shows=ContractsDialog, play=_contracts),
    Scene(name="contracts-none", shows=ContractsDialog, play=_no_contracts),
    Scene(name="contract-rule", shows=ContractRuleDialog, play=_contract_rule),
    Scene(name="contract-learn", shows=LearnDialog, play=_contract_learn),
    Scene(name="contract-new", shows=ContractDialog, play=_contract_new),
    Scene(name="contract-repair", shows=RepairDialog, play=_contract_repair),
    Scene(name="charts-large", shows=LargeChart, play=_large),
    Scene(name="charts-numbers", shows=ChartNumbers, play=_numbers),
    Scene(name="charts-settings", shows=RunsPage, play=_settings),
    Scene(
        name="charts-metrics", shows=MetricsDialog,
        play=partial(_selected, "charts.custom", MetricsDialog),
    ),
    Scene(name="charts-layout-name", shows=NameDialog, play=_layout_name),
    Scene(name="plots-numbers", shows=PlotNumbers, play=_plot_numbers),
    Scene(name="onboarding", shows=RunsPage, play=partial(_below, CURVES), is_fresh=True),
)  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""A board as a value: order, sections, undo by putting the old one back; any file is a layout."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from PySide6.QtCore import QRect, QSize

from strongroom.desktop.charts.flow import GAP, Flow, Grid
from strongroom.desktop.charts.layout import (
    CUSTOM,
    FLAT,
    OTHER,
    PINNED,
    BoardLayout,
    Card,
    Size,
    flat,
    sections,
)
from strongroom.desktop.charts.options import ChartOptions
from strongroom.services.smoothing import Smoothing, SmoothingKind

KEYS = ("val/auc", "val/loss", "train/loss", "lr", "/odd")
WORDS = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def shown(layout: BoardLayout, words: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    return {section.name: section.ids for section in sections(layout, KEYS, words)}


def test_an_untouched_board_has_sections_by_prefix_and_the_rest_last() -> None:
    assert shown(BoardLayout()) == {
        "val": ("val/auc", "val/loss"),
        "train": ("train/loss",),
        OTHER: ("lr", "/odd"),
    }


def test_what_the_machine_says_stands_after_all_a_model_says() -> None:
    keys = ("system/cpu_percent", "val/auc", "loss", "system/memory_percent")
    found = sections(BoardLayout(), keys)
    assert [section.name for section in found] == ["val", "Other", "system"]
    assert flat(BoardLayout(), found)[0].ids == ("val/auc", "loss", keys[0], keys[3])


def test_pinned_cards_come_first_and_go_back_where_they_belong() -> None:
    pinned = BoardLayout().pinned("lr", is_pinned=True)
    assert list(shown(pinned)) == [PINNED, "val", "train", OTHER]
    assert shown(pinned)[PINNED] == ("lr",)
    assert pinned.pinned("lr", is_pinned=False) == BoardLayout()


def test_a_card_moves_inside_its_section_into_another_one_and_on_a_flat_board() -> None:
    moved = BoardLayout().moved("val/loss", "val", 0, ("val/auc",))
    assert shown(moved)["val"] == ("val/loss", "val/auc")
    over = moved.moved("lr", "val", 1, ("val/loss", "val/auc"))
    assert shown(over)["val"] == ("val/loss", "lr", "val/auc")
    assert shown(over)[OTHER] == ("/odd",)
    back = over.moved("lr", OTHER, 5, ("/odd",))
    assert back.card("lr") == Card(id="lr")
    assert shown(back)[OTHER] == ("/odd", "lr")
    level = BoardLayout().moved("/odd", FLAT, 0, KEYS[:-1])
    assert flat(level, sections(level, KEYS))[0].ids[:2] == ("/odd", "val/auc")


def test_hidden_cards_are_gone_and_custom_ones_need_one_of_their_metrics() -> None:
    layout = BoardLayout().with_card(Card(id="val/auc", is_hidden=True))
    layout = layout.with_card(Card(id="Custom 1", keys=("val/loss", "gone")))
    layout = layout.with_card(Card(id="Custom 2", keys=("gone",)))
    assert shown(layout)["val"] == ("val/loss",)
    assert shown(layout)[CUSTOM] == ("Custom 1",)
    assert shown(layout.without("Custom 1")).get(CUSTOM) is None


def test_the_filter_reads_titles_and_metrics_of_custom_cards() -> None:
    card = Card(id="Custom 1", keys=("val/loss",), options=ChartOptions(title="Both Losses"))
    layout = BoardLayout().with_card(card)
    assert shown(layout, ("both",)) == {CUSTOM: ("Custom 1",)}
    assert set(shown(layout, ("loss",))) == {CUSTOM, "val", "train"}


def test_what_was_saved_is_what_is_read() -> None:
    options = ChartOptions(
        title="<b>t</b>",
        x="metric:epoch",
        smoothing=Smoothing(kind=SmoothingKind.MEAN, amount=20),
        log_x=False,
        log_y=True,
        low=-1.5,
        high=2.0,
        clip=1.0,
    )
    layout = BoardLayout(
        cards=(
            Card(id="a", size=Size.LARGE, section=PINNED, options=options),
            Card(id="Custom 1", keys=("a", "b"), is_hidden=True),
        ),
        order=(("val", ("b", "a")),),
        folded=("train",),
        columns=3,
        options=ChartOptions(x="time", clip=2.0),
    )
    assert BoardLayout.from_json(json.loads(json.dumps(layout.to_json()))) == layout


@settings(deadline=None, max_examples=200)
@given(JSON, JSON, JSON, JSON)
def test_any_file_is_a_layout_and_none_of_it_is_trusted(
    whole: object, cards: object, options: object, order: object
) -> None:
    card = {"id": "a", "size": whole, "keys": cards, "section": order, "options": options}
    for value in (
        whole,
        {"format": 1, "cards": cards, "options": options, "order": order, "columns": whole},
        {"format": 1, "cards": [card, whole], "folded": cards, "order": [[order, cards]]},
    ):
        layout = BoardLayout.from_json(value)
        json.dumps(layout.to_json(), allow_nan=False)
        assert BoardLayout.from_json(layout.to_json()) == layout
        sections(layout, KEYS)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_number_of_edits_leads_back_to_the_first_layout(data: st.DataObject) -> None:
    layout, history = BoardLayout(), []
    for _ in range(data.draw(st.integers(1, 12))):
        history.append(layout)
        key = data.draw(st.sampled_from([*KEYS, "Custom 1", "not there"]))
        act = data.draw(st.sampled_from(["move", "pin", "hide", "fold", "custom", "forget"]))
        found = sections(layout, KEYS)
        if act == "move":
            section = data.draw(st.sampled_from([one.name for one in found] or ["val"]))
            there = [each for one in found if one.name == section for each in one.ids]
            layout = layout.moved(key, section, data.draw(st.integers(-3, 9)), there)
        elif act == "pin":
            layout = layout.pinned(key, is_pinned=data.draw(st.booleans()))
        elif act == "hide":
            layout = layout.with_card(Card(id=key, is_hidden=True))
        elif act == "fold":
            layout = layout.with_folded("val", is_folded=data.draw(st.booleans()))
        elif act == "custom":
            layout = layout.with_card(Card(id="Custom 1", keys=("val/auc", "lr")))
        else:
            layout = layout.without(key)
        ids = [each for one in sections(layout, KEYS) for each in one.ids]
        assert len(ids) == len(set(ids))
    while history:
        layout = history.pop()
    assert shown(layout) == shown(BoardLayout())


SIZES = st.dictionaries(st.integers(0, 30), st.sampled_from(list(Size)), max_size=8)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 40), st.integers(1, 6), SIZES)
def test_cards_never_overlap_and_what_is_near_is_found(
    count: int, columns: int, sizes: dict[int, Size]
) -> None:
    ids = [str(index) for index in range(count)]
    grid = Grid(left=16, columns=columns, tile=QSize(280, 225))
    flow = Flow(ids, {str(at): size for at, size in sizes.items()}, grid, 100)
    rects = [flow.rect(index) for index in range(count)]
    for index, rect in enumerate(rects):
        assert not any(rect.intersects(other) for other in rects[:index])
        assert rect.top() >= 100
        assert rect.bottom() < 100 + flow.height
        assert rect.left() >= 16
        assert rect.right() < 16 + columns * (280 + GAP)
    for top in range(0, flow.height + 200, 170):
        near = set(flow.within(top, top + 300))
        band = QRect(0, top, 10_000, 300)
        assert {index for index, rect in enumerate(rects) if rect.intersects(band)} <= near


def test_a_hundred_thousand_cards_are_placed_by_counting() -> None:
    ids = [f"layer{i // 10}/grad{i}" for i in range(100_000)]
    grid = Grid.fitting(16, 1168, QSize(280, 225))
    flow = Flow(ids, {}, grid, 0)
    assert flow._placed == []
    assert len(flow.within(1_000_000, 1_000_500)) <= 4 * grid.columns
    large = Flow(ids, {ids[3]: Size.LARGE}, grid, 0)
    assert len(large._placed) < 10

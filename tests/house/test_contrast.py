# SPDX-License-Identifier: Apache-2.0
"""The contrast tables of the themes are recomputed from their colours."""

from typing import get_args

import pytest

from strongroom.desktop.kit.tokens import ThemeName, Tokens, load_tokens

THEMES = get_args(ThemeName)
ICONS_AND_EDGES = 3.0
TEXT = 4.5


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ratio(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(params=THEMES)
def tokens(request: pytest.FixtureRequest) -> Tokens:
    return load_tokens(request.param)


def test_every_written_ratio_is_the_measured_one(tokens: Tokens) -> None:
    assert len(tokens.contrast) > 50
    for pair in tokens.contrast:
        measured = _ratio(tokens.colours[pair.foreground], tokens.colours[pair.background])
        assert measured == pytest.approx(pair.ratio, abs=0.006), pair


def test_text_has_at_least_4_5_and_icons_and_edges_at_least_3(tokens: Tokens) -> None:
    for pair in tokens.contrast:
        words = "text" in pair.foreground or pair.foreground.startswith(("syntax", "chart_axis"))
        least = TEXT if words else ICONS_AND_EDGES
        assert pair.ratio >= least, pair


def test_the_kit_draws_text_only_on_grounds_that_were_measured(tokens: Tokens) -> None:
    drawn = {
        ("text_primary", "bg_surface"), ("text_secondary", "bg_chrome"),
        ("text_tertiary", "bg_sunken"), ("text_secondary", "muted_bg"),
        ("accent_text", "accent_subtle"), ("text_on_accent", "accent"),
        ("ok_text", "ok_bg"), ("warn_text", "warn_bg"), ("bad_text", "bad_bg"),
        ("text_on_tooltip", "bg_tooltip"), ("text_secondary", "bg_pressed"),
    }  # fmt: skip
    assert drawn <= {(pair.foreground, pair.background) for pair in tokens.contrast}


TEXTS = ("text_primary", "text_secondary", "text_tertiary", "accent_text", "ok_text", "warn_text",
         "bad_text")  # fmt: skip
GROUNDS = ("bg_surface", "bg_raised", "bg_sunken", "bg_chrome")
SYNTAX = ("syntax_key", "syntax_op", "syntax_str", "syntax_num")
ICONS = ("ok_icon", "warn_icon", "bad_icon", "focus", "border_control")


def test_every_text_can_be_read_on_every_ground_it_may_stand_on(tokens: Tokens) -> None:
    """Also pairs that no table names: any page may put any text role on any ground."""
    pairs = [(text, ground, TEXT) for text in TEXTS for ground in GROUNDS]
    pairs += [(text, ground, TEXT) for text in SYNTAX for ground in ("bg_surface", "bg_sunken")]
    pairs += [(icon, ground, ICONS_AND_EDGES) for icon in ICONS for ground in GROUNDS]
    pairs += [
        (text, ground, TEXT)
        for text in ("text_primary", "text_secondary", "accent_text")
        for ground in ("bg_hover", "bg_selected", "bg_selected_idle")
    ]
    colours = tokens.colours
    faint = [
        f"{front} on {back}: {_ratio(colours[front], colours[back]):.2f}"
        for front, back, least in pairs
        if _ratio(colours[front], colours[back]) < least
    ]
    assert not faint


def test_high_contrast_is_higher(tokens: Tokens) -> None:
    if tokens.is_high_contrast:
        for text in ("text_primary", "text_secondary", "accent_text"):
            assert _ratio(tokens.colours[text], tokens.colours["bg_surface"]) >= 7.0


def test_ten_series_colours_stand_out_from_the_page(tokens: Tokens) -> None:
    assert len(tokens.series) == 10
    for colour in tokens.series:
        assert _ratio(colour, tokens.colours["bg_surface"]) >= ICONS_AND_EDGES

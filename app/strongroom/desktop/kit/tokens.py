# SPDX-License-Identifier: Apache-2.0
"""The values of one theme, read from ``resources/themes/*.toml``.

* Widgets name a role, never a colour; the roles are a closed list, so a slip is a type error.
* A theme that lacks a role, or has one nobody knows, does not load.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

from strongroom.desktop.kit.resources import resource

Role = Literal[
    "bg_chrome",
    "bg_surface",
    "bg_raised",
    "bg_sunken",
    "bg_hover",
    "bg_pressed",
    "bg_selected",
    "bg_selected_idle",
    "bg_rail_active",
    "bg_tooltip",
    "border_subtle",
    "border_default",
    "border_control",
    "border_pin",
    "text_primary",
    "text_secondary",
    "text_tertiary",
    "text_disabled",
    "text_on_accent",
    "text_on_tooltip",
    "accent",
    "accent_hover",
    "accent_pressed",
    "accent_text",
    "accent_subtle",
    "accent_border",
    "focus",
    "ok_text",
    "ok_icon",
    "ok_bg",
    "warn_text",
    "warn_icon",
    "warn_bg",
    "bad_text",
    "bad_icon",
    "bad_bg",
    "bad_fill",
    "muted_bg",
    "shadow",
    "scrim",
    "syntax_key",
    "syntax_op",
    "syntax_str",
    "syntax_num",
    "chart_grid",
    "chart_axis",
    "chart_crosshair",
]
"""Every colour role of look.md."""

TextRole = Literal["caption", "dense", "body", "strong", "title", "display", "mono"]
"""Every text role: size, weight and line height."""

ThemeName = Literal["light", "dark", "high-contrast"]
"""The three themes that ship."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """Size in px at 100 %, weight, and line height in px at 100 %."""

    size: int
    weight: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A pair of roles and the least ratio it must have (WCAG 2.1)."""

    foreground: str
    background: str
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One theme: colours by role, chart colours in order, sizes in px at 100 % text scale."""

    name: ThemeName
    is_dark: bool
    is_high_contrast: bool
    colours: Mapping[str, str]
    series: tuple[str, ...]
    dashes: tuple[tuple[float, ...], ...]
    text: Mapping[str, TextStyle]
    heights: Mapping[str, int]
    family: str
    family_mono: str
    contrast: tuple[Contrast, ...]


@lru_cache(maxsize=8)
def load_tokens(name: ThemeName) -> Tokens:
    """Returns the tokens of one theme.

    Raises:
        FileNotFoundError: If the theme does not ship.
        ValueError: If a role is missing or unknown.
    """
    document = tomllib.loads(resource("themes", f"{name}.toml").read_text(encoding="utf-8"))
    colours: dict[str, str] = document["colour"]
    wrong = set(colours) ^ set(get_args(Role))
    if wrong:
        raise ValueError(f"theme {name}: roles missing or unknown: {', '.join(sorted(wrong))}")
    return Tokens(
        name=name,
        is_dark=document["base"] == "dark",
        is_high_contrast=document["name"] == "contrast",
        colours=colours,
        series=_series(document["chart"]),
        dashes=tuple(tuple(dash) for _, dash in sorted(document["chart"]["dash"].items())),
        text={
            role: TextStyle(size=style["size"], weight=style["weight"], line=style["line"])
            for role, style in document["type"].items()
            if isinstance(style, dict)
        },
        heights=document["height"],
        family=document["type"]["family"],
        family_mono=document["type"]["family_mono"],
        contrast=tuple(_pair(name, ratio) for name, ratio in document["contrast"].items()),
    )


def _series(chart: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Returns the chart colours in order of use."""
    numbered = [entry for entry in chart.values() if "index" in entry]
    return tuple(entry["hex"] for entry in sorted(numbered, key=lambda entry: entry["index"]))


def _pair(text: str, ratio: float) -> Contrast:
    """Reads ``"text_primary on bg_surface" = 17.43``."""
    foreground, _, background = text.partition(" on ")
    return Contrast(foreground=foreground, background=background, ratio=ratio)

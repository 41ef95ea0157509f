# SPDX-License-Identifier: Apache-2.0
"""Finds the files that ship with the product: fonts, icons, themes, the auditor's script.

* One function knows the three places: the installed package, a checkout, a frozen bundle.
* Nothing outside those places is ever opened, and a name never climbs out of them.
"""

import sys
from functools import cache
from pathlib import Path


@cache  # where they are does not change, and a window asks for each of its icons
def resources_root() -> Path:
    """Returns the folder that holds ``audit``, ``fonts``, ``icons`` and ``themes``.

    Raises:
        FileNotFoundError: If the product was installed without its resources.
    """
    package = Path(__file__).resolve().parents[1]
    bundle = getattr(sys, "_MEIPASS", None)
    places = [package / "resources", package.parents[1] / "resources"]
    if bundle is not None:
        places.insert(0, Path(bundle) / "resources")
    for place in places:
        if (place / "themes").is_dir():
            return place
    raise FileNotFoundError("resources/themes is missing beside the strongroom package")


def resource(*parts: str) -> Path:
    """Returns the path of one shipped file, such as ``resource("icons", "box.svg")``.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    root = resources_root()
    path = root.joinpath(*parts).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise FileNotFoundError(f"no resource {'/'.join(parts)}")
    return path


def docs_root() -> Path:
    """Returns the folder of the documentation that ships, in a checkout the one beside ``app``.

    Raises:
        FileNotFoundError: If the product was installed without it.
    """
    package = Path(__file__).resolve().parents[1]
    bundle = getattr(sys, "_MEIPASS", None)
    places = [package / "docs", package.parents[1] / "docs"]
    if bundle is not None:
        places.insert(0, Path(bundle) / "docs")
    for place in places:
        if (place / "index.md").is_file():
            return place
    raise FileNotFoundError("the documentation is not installed")

# SPDX-License-Identifier: Apache-2.0
"""The format page prints the bytes that the program writes.

``ACCEPT_FORMATS=1 pytest tests/golden/test_format_examples.py`` writes them into the page. A
change there is a change of a format: it needs a decision record, and usually a new number.
"""

import os
from pathlib import Path

import pytest

from support.checkout import DOCS
from support.format_examples import examples, fill, named

PAGE = DOCS / "reference" / "format.md"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return examples(tmp_path_factory.mktemp("formats"))


def test_the_format_page_holds_the_bytes_that_the_program_writes(made):
    page = PAGE.read_text("utf-8")
    filled = fill(page, made)
    if os.environ.get("ACCEPT_FORMATS") == "1":
        PAGE.write_text(filled, "utf-8")
    assert filled == PAGE.read_text("utf-8"), "a format changed; see the head of this test"


def test_every_example_is_shown_once(made):
    assert sorted(named(PAGE.read_text("utf-8"))) == sorted(made)


def test_the_same_story_gives_the_same_bytes_anywhere(made, tmp_path: Path):
    assert examples(tmp_path) == made

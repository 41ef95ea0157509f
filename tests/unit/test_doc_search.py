# SPDX-License-Identifier: Apache-2.0
"""The search over the documentation: ranked, by starts of words, and no text breaks it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.resources import docs_root
from strongroom.services.doc_search import EXCERPT, Documentation, excerpt, marks_in, words_of
from strongroom.services.doc_sections import read_sections, sections_of

SHIPPED = Documentation()


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("smoothing", "how-to/analysts.md#charts"),
        ("confusion matrix", "how-to/analysts.md#look-into-an-artifact"),
        ("how do I restore a backup", "runbooks/restore-from-backup.md"),
        ("lost key", "runbooks/lost-key.md"),
        ("what a metric means", "how-to/analysts.md#say-what-a-metric-means"),
    ],
)
def test_a_question_finds_its_page_first(asked: str, first: str) -> None:
    assert SHIPPED.search(asked)[0].section.place == first


def test_every_heading_is_found_and_leads_to_a_page() -> None:
    for section in read_sections(docs_root()):
        assert (docs_root() / section.page).is_file()
        if words_of(section.heading):
            assert any(hit.section.page == section.page for hit in SHIPPED.search(section.heading))


def test_all_words_come_before_some_and_a_start_is_enough(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# One\nalpha beta\n## Two\nalpha\n## Three\ngamma\n")
    docs = Documentation(lambda: tmp_path)
    assert [hit.section.heading for hit in docs.search("alpha beta")] == ["One"]
    assert {hit.section.heading for hit in docs.search("alph")} == {"One", "Two"}
    assert {hit.section.heading for hit in docs.search("gamma nowhere")} == {"Three"}
    assert docs.search("nowhere") == () == docs.search(" ") == docs.search("?!")


def test_markup_is_taken_off_and_code_stays(tmp_path: Path) -> None:
    text = "# T *x*\n- **bold** [link](a.md) `code` <!-- not this -->\n```sh\n# no heading\n```\n"
    (found,) = sections_of(text, "p.md")
    assert (found.heading, found.text) == ("T x", "bold link code # no heading")


def test_documentation_that_is_not_there_says_so(tmp_path: Path) -> None:
    def nowhere() -> Path:
        raise FileNotFoundError(tmp_path)

    with pytest.raises(EnvironmentFault) as fault:
        Documentation(nowhere).search("x")
    assert fault.value.code == "E-MISSING"


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=400), asked=st.text(min_size=1, max_size=12))
def test_marks_lie_on_what_was_asked_and_excerpts_are_of_the_text(text: str, asked: str) -> None:
    words = words_of(asked)
    for start, end in marks_in(text, words) if words else ():
        assert text[start:end].casefold().startswith(words)
    part = excerpt(text, words or ("x",))
    assert len(part) <= EXCERPT + 2
    assert part.strip("…") in text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_question_breaks_it(asked: str) -> None:
    scores = [hit.score for hit in SHIPPED.search(asked)]
    assert scores == sorted(scores, reverse=True)

# SPDX-License-Identifier: Apache-2.0
"""What a package shows to people: names from strangers stay text, in a page and in a table."""

import csv
import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.policy import OPEN, GateRule, Policy
from strongroom.exchange.audit_report import policy_words
from strongroom.exchange.audit_table import cell, spelled
from strongroom.exchange.markup import Html, page, tag, text
from strongroom.trust.keychain import MemoryKeychain
from support.audit_store import MODEL, PASSPHRASE, AuditStore, copy_of
from support.cheap_keys import cheap_keys
from support.review_store import Desk, open_desk

HOSTILE_NAME = "=cmd|' /C calc'!A0 <img src=x onerror=alert(1)> \"'&amp; \u202eevil"
HOSTILE_WORDS = "</style></p><script>alert(1)</script>\n<a href='javascript:x'>ok</a> \x1b[31m"
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "section", "footer",
    "h1", "h2", "h3", "p", "div", "span", "dl", "dt", "dd", "code",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class Seen(HTMLParser):
    """Collects what a browser would take for markup."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of a version that somebody with a hostile name approved in hostile words."""
    folder = tmp_path_factory.mktemp("hostile")
    store = copy_of(tmp_path_factory, folder / "people")
    mallory = _enrolled(store, HOSTILE_NAME)
    mallory.reviews.approve(store.request, comment=HOSTILE_WORDS)
    return store.evidence.export(f"{MODEL}/2", folder / "package").path


def _enrolled(store: AuditStore, name: str) -> Desk:
    desk = open_desk(
        store.store, store.folder / "home-9", name, clock=store.clock, keychain=MemoryKeychain()
    )
    with cheap_keys():
        desk.identities.create(name, passphrase=PASSPHRASE)
    desk.identities.save_request(store.folder / "mallory.request")
    store.founder.people.admit(store.folder / "mallory.request", "release-approver")
    desk.people.trust(store.team)
    return desk


def test_no_tag_and_no_attribute_comes_from_data(hostile):
    document = (hostile / "data/report.html").read_text("utf-8")
    seen = Seen(document)
    assert seen.tags <= TAGS
    assert seen.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class"}
    assert document.count("<style>") == document.count("</style>") == 1
    assert "<script>alert(1)</script>" in "".join(seen.words)  # shown, as text
    assert "\u202e" not in document
    assert "\x1b" not in document
    assert "\\u202e" in document


def test_the_page_loads_nothing_and_runs_nothing(hostile):
    document = (hostile / "data/report.html").read_text("utf-8")
    assert "default-src &#x27;none&#x27;" in document
    for forbidden in ("http://", "https://", "@import", "url("):
        assert forbidden not in document


def test_the_page_says_who_approved_what_under_which_policy(hostile):
    words = " ".join(Seen((hostile / "data/report.html").read_text("utf-8")).words)
    assert "Staging to Production" in words
    assert "1 approval; not by whoever asked for it; one rejection stops it" in words
    assert "Raises recall at the same alert volume." in words
    assert "Version 1 leaves for Archived" in " ".join(words.split())
    assert "requested by Jonas Feld" in words


def test_38_the_table_holds_no_formula(hostile):
    with (hostile / "data/events.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == "number"
    assert len({len(row) for row in rows}) == 1
    names = {row[2] for row in rows[1:]}
    assert any(name.startswith("'=cmd") for name in names)
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row)


def test_the_instructions_stay_on_their_lines(hostile):
    text_ = (hostile / "data/VERIFY.txt").read_text("utf-8")
    info = (hostile / "bag-info.txt").read_text("utf-8")
    assert "\u202e" not in text_ + info
    assert all(": " in line for line in info.splitlines())


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_stays_text_in_a_page(words):
    seen = Seen(page(words, "", tag("p", tag("div", words, css=words), words)))
    assert seen.tags <= TAGS
    assert seen.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class"}


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_stays_text_in_a_table(words):
    shown = cell(words)
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))
    assert shown.isprintable()
    assert spelled(words).isprintable()


def test_only_markup_made_here_goes_in_as_it_is():
    assert tag("p", "<b>") == "<p>&lt;b&gt;</p>"
    assert tag("p", tag("b", "x")) == "<p><b>x</b></p>"
    assert isinstance(text("<"), Html)


def test_a_policy_is_told_in_words():
    assert policy_words(OPEN) == "Nothing."
    strict = Policy(
        need=2, groups=("risk", "ml"), exclude=("requester", "run-author"), veto=True,
        require=("report:eval",),
        gates=(GateRule(name="auc", metric="val/auc", op=">=", value="0.94"),),
    )  # fmt: skip
    assert policy_words(strict) == (
        "2 approvals by different people; one each from risk and ml; not by whoever asked for it"
        " or whoever ran the training; one rejection stops it; with report:eval; val/auc >= 0.94."
    )
    assert policy_words(dataclasses.replace(OPEN, need=1)) == "1 approval."

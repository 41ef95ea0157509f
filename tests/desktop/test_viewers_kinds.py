# SPDX-License-Identifier: Apache-2.0
"""Documents, pages, matrices, programs, notebooks, sounds and PDFs on the screen."""

import base64
import io
import json
import pickle  # noqa: TID251 - the test writes one
import wave

import numpy as np
import pytest

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QColor, QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QApplication

from support.accessibility import nameless
from support.artifact_room import show
from support.settling import settle


class Shell:
    """What a hostile pickle would call."""

    def __reduce__(self):
        import os

        return (os.system, ("echo was here > /tmp/never",))


def picture() -> bytes:
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(QColor("#337671"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def test_json_is_a_tree_that_keeps_numbers_as_they_are_spelt(open_room, tasks, qtbot) -> None:
    text = '{"rate": 1.50, "huge": 123456789012345678901234567890, "a": 1, "a": 2, "nan": NaN}'
    _, view = open_room({"c.json": text.encode()})
    show(view, tasks, "c.json")
    model = view.parts.tree.model
    lines = {
        (model.index(at, 0).data(), model.index(at, 1).data()) for at in range(model.rowCount())
    }
    assert lines == {
        ("rate", "1.50"), ("huge", "123456789012345678901234567890"), ("a", "1"), ("a", "2"),
        ("nan", "NaN"),
    }  # fmt: skip


def test_a_search_opens_the_branch_it_finds_something_in(open_room, tasks, qtbot) -> None:
    document = {"layers": [{"name": f"dense_{at}", "units": at} for at in range(1_000)]}
    _, view = open_room({"net.json": json.dumps(document).encode()})
    show(view, tasks, "net.json")
    tree = view.parts.tree
    qtbot.keyClicks(tree.search.edit, "dense_777")
    settle(tasks)
    assert tree.says.text() == "1 of 1"
    index = tree.tree.currentIndex()
    assert (index.data(), index.siblingAtColumn(1).data()) == ("name", "dense_777")
    qtbot.keyClick(tree.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "dense_777"


def test_yaml_with_an_alias_is_shown_as_text_and_says_why(open_room, tasks) -> None:
    _, view = open_room({"conda.yaml": b"a: &x [1, 2]\nb: *x\n", "ok.yaml": b"a: 1\n"})
    show(view, tasks, "conda.yaml")
    assert view.parts.text.isVisible()
    assert "an anchor or alias" in view.note.text()
    show(view, tasks, "ok.yaml")
    assert view.parts.tree.isVisible()


def test_a_file_is_shown_in_another_way_when_that_is_chosen(open_room, tasks) -> None:
    _, view = open_room({"c.json": b'{"a": [1, 2]}'})
    show(view, tasks, "c.json")
    view.line.kinds.choose("text")
    settle(tasks)
    assert view.parts.text.area.toPlainText() == '{"a": [1, 2]}'
    view.line.kinds.choose("bytes")
    settle(tasks)
    assert view.parts.bytes.isVisible()


def test_markdown_shows_html_links_and_pictures_as_words(open_room, tasks) -> None:
    text = b"# Card\n<img src='x.png'> [here](https://a.example/p) ![logo](file:///etc/hostname)\n"
    _, view = open_room({"card.md": text})
    show(view, tasks, "card.md")
    page = view.parts.page
    page.grab()
    words = page.toPlainText()
    assert "<img src='x.png'>" in words
    assert "here (https://a.example/p)" in words
    assert "[picture not loaded: file:///etc/hostname]" in words
    assert page.asked == []
    assert "<a " not in page.toHtml()
    assert "<img " not in page.toHtml()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("confusion.json", b'{"labels": ["no", "yes"], "matrix": [[50, 10], [5, 35]]}'),
        ("confusion_matrix.json", b"[[50, 10], [5, 35]]"),
        ("val_confusion.json", b'{"no": {"no": 50, "yes": 10}, "yes": {"no": 5, "yes": 35}}'),
        ("confusion.csv", b"true,predicted no,predicted yes\nno,50,10\nyes,5,35\n"),
        ("confusion2.csv", b"50,10\n5,35\n"),
    ],
)
def test_a_confusion_matrix_is_recognised_in_its_usual_shapes(open_room, tasks, name, body) -> None:
    _, view = open_room({name: body})
    show(view, tasks, name)
    matrix = view.parts.matrix
    assert matrix.isVisible()
    assert matrix.says.text() == "100 examples of 2 classes, 85.0% right"


def test_a_matrix_tells_shares_and_has_a_table_behind_it(open_room, tasks, qtbot) -> None:
    body = b'{"labels": ["no", "yes"], "matrix": [[50, 10], [5, 35]]}'
    _, view = open_room({"confusion.json": body})
    show(view, tasks, "confusion.json")
    matrix = view.parts.matrix
    matrix.choice.set_current("row")
    cells = [[cell.words for cell in row.cells] for row in matrix.table.lines()]
    assert cells == [["no", "83%", "17%"], ["yes", "12%", "88%"]]
    matrix.choice.set_current("column")
    cells = [[cell.words for cell in row.cells] for row in matrix.table.lines()]
    assert cells == [["no", "91%", "22%"], ["yes", "9.1%", "78%"]]
    matrix.picture.setFocus()
    qtbot.keyClick(matrix.picture, Qt.Key.Key_Down)
    qtbot.keyClick(matrix.picture, Qt.Key.Key_Right)
    assert matrix.says.text() == "True no, predicted yes: 10, 16.7% of no"


def test_a_pickle_is_listed_and_judged_and_never_loaded(open_room, tasks) -> None:
    files = {"evil.pkl": pickle.dumps({"a": Shell()}), "calm.pkl": pickle.dumps([1, 2.5, "x"])}
    _, view = open_room(files)
    show(view, tasks, "evil.pkl")
    program = view.parts.program
    assert program.banner.title() == "Runs code when loaded"
    listed = [tuple(cell.words for cell in row.cells[1:]) for row in program.opcodes.lines()]
    assert ("STACK_GLOBAL", "posix.system") in listed
    assert any(name == "REDUCE" for name, _ in listed)
    show(view, tasks, "calm.pkl")
    assert program.banner.title() == "Data only"


def test_arrays_are_read_as_numbers_and_objects_are_refused(open_room, tasks) -> None:
    plain, objects, packed = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(plain, np.arange(2_000).reshape(1_000, 2))
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(packed, a=np.arange(3))
    files = {"x.npy": plain.getvalue(), "o.npy": objects.getvalue(), "z.npz": packed.getvalue()}
    _, view = open_room(files)
    show(view, tasks, "x.npy")
    assert view.parts.table.says.text() == "Rows 1 to 500 of 1,000"
    view.parts.table.go(999)
    settle(tasks)
    assert view.parts.table.model.index(499, 1).data() == "1999"
    show(view, tasks, "o.npy")
    assert "never loaded" in view.note.text()
    show(view, tasks, "z.npz")
    assert [row.cells[0].words for row in view.parts.program.members.lines()] == ["a.npy"]


def test_a_notebook_shows_source_output_and_pictures_and_no_html(open_room, tasks) -> None:
    drawn = {"image/png": base64.b64encode(picture()).decode(), "text/html": "<script>1</script>"}
    cells = [
        {"cell_type": "markdown", "source": "# Title"},
        {
            "cell_type": "code", "execution_count": 2, "source": ["x = 1\n", "print(x)"],
            "outputs": [
                {"output_type": "stream", "text": ["one\n"]},
                {"output_type": "display_data", "data": drawn},
                {"output_type": "display_data", "data": {"text/html": "<b>no</b>"}},
            ],
        },
    ]  # fmt: skip
    _, view = open_room({"n.ipynb": json.dumps({"cells": cells}).encode()})
    show(view, tasks, "n.ipynb")
    seen = view.parts.notebook
    texts = [area.toPlainText() for area in seen.areas()]
    assert texts == ["x = 1\nprint(x)", "one\n[text/html is not shown]"]
    assert seen.pictures() == 1
    assert nameless(view) == []


def test_a_sound_says_its_length_and_draws_its_curve(open_room, tasks) -> None:
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes((np.sin(np.arange(32_000) / 9) * 20_000).astype("<i2").tobytes())
    room, view = open_room({"s.wav": held.getvalue()})
    show(view, tasks, "s.wav")
    assert "8,000 Hz, stereo" in view.parts.sound.says.text()
    body = room.look("s.wav").body
    assert body.seconds == 2.0
    assert max(body.high) == pytest.approx(20_000 / 32_768, abs=0.05)


def test_a_pdf_is_drawn_page_by_page(open_room, tasks) -> None:
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(held)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A6))
    painter = QPainter(writer)
    painter.fillRect(0, 0, 20_000, 20_000, QColor("#c35719"))
    writer.newPage()
    painter.fillRect(0, 0, 20_000, 20_000, QColor("#337671"))
    painter.end()
    _, view = open_room({"d.pdf": bytes(held.data().data())})
    show(view, tasks, "d.pdf")
    document = view.parts.document
    assert document.says.text() == "Page 1 of 2"
    document.go(1)
    settle(tasks)
    assert document.says.text() == "Page 2 of 2"
    image = document.canvas.image()
    seen = image.pixelColor(image.width() // 2, image.height() // 2)
    assert (seen.red(), seen.green(), seen.blue()) == (0x33, 0x76, 0x71)


def test_every_viewer_has_names_for_what_the_keyboard_reaches(open_room, tasks) -> None:
    files = {"a.json": b"[1]", "b.md": b"# x", "confusion.json": b"[[1, 2], [3, 4]]",
             "p.pkl": pickle.dumps([1]), "t.csv": b"a,b\n1,2\n"}  # fmt: skip
    _, view = open_room(files)
    for path in files:
        show(view, tasks, path)
        assert nameless(view) == [], path


def test_what_cannot_be_shown_says_so_and_its_bytes_are_there(open_room, tasks) -> None:
    room, view = open_room({"a.mp3": b"ID3\x03\x00" * 9, "b.mp4": b"\x00\x00\x00\x18ftyp" * 9})
    show(view, tasks, "a.mp3")
    assert view.note.text() == "Only WAV is drawn; other sounds need a decoder. Save it to listen."
    assert room.look("a.mp3").others == ("bytes",)
    show(view, tasks, "a.mp3", "bytes")
    assert view.note.text() == ""
    show(view, tasks, "b.mp4")
    assert view.view.kind == "bytes"
    assert view.note.text() == "There is no viewer for this kind of file; these are its bytes."

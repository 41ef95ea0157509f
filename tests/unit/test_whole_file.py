# SPDX-License-Identifier: Apache-2.0
"""A file is written whole or not at all, whatever stops the writing."""

import os
from pathlib import Path

import pytest

from strongroom.disk.whole_file import PRIVATE, write_whole, written_whole


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["settings.toml"]


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "points.parquet"
    write_whole(path, b"old")
    with pytest.raises(KeyboardInterrupt):
        _write_half(path)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == [path.name]


def _write_half(path: Path) -> None:
    with written_whole(path) as aside:
        assert aside.suffix == path.suffix
        aside.write_bytes(b"half")
        raise KeyboardInterrupt


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "home.json"
    write_whole(path, b"old")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if call == "fsync" else Path, call, fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == [path.name]


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    write_whole(path, b"mine", is_new=True)
    with pytest.raises(FileExistsError):
        write_whole(path, b"yours", is_new=True)
    assert path.read_bytes() == b"mine"
    assert names(tmp_path) == [path.name]


def test_where_there_are_no_links_a_new_file_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_whole(tmp_path / "store.json", b"{}", is_new=True)
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "store.json", b"[]", is_new=True)
    assert (tmp_path / "store.json").read_bytes() == b"{}"


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX idea")
def test_a_private_file_is_private_before_its_first_byte(tmp_path: Path) -> None:
    with written_whole(tmp_path / "key.json", mode=PRIVATE) as aside:
        assert aside.stat().st_mode & 0o077 == 0
        aside.write_bytes(b"secret")
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600

# SPDX-License-Identifier: Apache-2.0
"""A double click on a bundle: what the desktop is told, and what it makes of it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from strongroom.__main__ import with_command
from strongroom.domain.errors import BadInput
from strongroom.services.association import MIME_TYPE, associate, dissociate
from support.peers import files_of

NEEDS_GIO = pytest.mark.skipif(
    shutil.which("gio") is None or shutil.which("update-mime-database") is None,
    reason="no desktop tools here (apt install libglib2.0-bin shared-mime-info)",
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A person with an empty home, as the desktop's own tools see it."""
    return {
        **os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"), "LC_ALL": "C.UTF-8",
    }  # fmt: skip


def asked(environ: dict[str, str], *command: str) -> str:
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, check=True, timeout=30
    ).stdout


@NEEDS_GIO
def test_the_desktop_knows_a_bundle_by_its_name_and_a_sealed_one_by_its_first_bytes(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "field 7.strongbundle").write_bytes(b"PK\x03\x04 and so on")
    (tmp_path / "without-ending").write_bytes(b"SRSEAL1\n\x00\x00\x01\x00{")

    def kind(name: str) -> str:
        told = asked(environ, "gio", "info", "-a", "standard::content-type", str(tmp_path / name))
        return told.split("standard::content-type: ")[1].strip()

    assert kind("field 7.strongbundle") != MIME_TYPE
    associate(environ=environ, platform="linux")
    assert kind("field 7.strongbundle") == MIME_TYPE
    assert kind("without-ending") == MIME_TYPE
    dissociate(environ=environ, platform="linux")
    assert kind("field 7.strongbundle") != MIME_TYPE


@NEEDS_GIO
def test_the_desktop_starts_this_program_with_the_file(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """What is launched is what the desktop itself reads out of the file, odd names and all."""
    program = tmp_path / 'a "strange" $place' / "strong`room"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/started.tmp\n'
                       f"mv {tmp_path}/started.tmp {tmp_path}/started\n")  # fmt: skip
    program.chmod(0o755)
    bundle = tmp_path / "field 7.strongbundle"
    bundle.write_bytes(b"PK")
    made = associate(environ=environ, platform="linux", command=[str(program), "-m", "100%"])
    assert "strongroom.desktop" in asked(environ, "gio", "mime", MIME_TYPE)
    subprocess.run(["gio", "launch", made.files[0], str(bundle)], env=environ, check=True)
    for _ in range(200):
        if (tmp_path / "started").exists():
            break
        subprocess.run(["sleep", "0.02"], check=True)
    assert (tmp_path / "started").read_text().splitlines() == ["-m", "100%", str(bundle)]


@pytest.mark.skipif(
    shutil.which("desktop-file-validate") is None,
    reason="no desktop-file-validate here (apt install desktop-file-utils)",
)
def test_the_entry_keeps_the_specification(environ: dict[str, str]) -> None:
    made = associate(environ=environ, platform="linux")
    asked(environ, "desktop-file-validate", made.files[0])


def test_asked_twice_is_once_and_undone_leaves_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    chosen = tmp_path / "config" / "mimeapps.list"
    chosen.parent.mkdir()
    before = "[Added Associations]\nimage/png=viewer.desktop;\n\n[Default Applications]\nx/y=z;\n"
    chosen.write_text(before)
    associate(environ=environ, platform="linux")
    assert f"{MIME_TYPE}=strongroom.desktop;\nx/y=z;" in chosen.read_text()
    ours = set(associate(environ=environ, platform="linux").files)
    assert all(Path(path).is_file() for path in ours)
    assert set(dissociate(environ=environ, platform="linux").files) == ours
    assert chosen.read_text() == before, "what others chose stays"
    left = files_of(tmp_path / "data")
    assert not any("strongroom" in path for path in left)
    assert not any(b"strongroom" in data for data in left.values())
    assert dissociate(environ=environ, platform="linux").files == ()


def test_macos_is_told_the_other_way(environ: dict[str, str]) -> None:
    with pytest.raises(BadInput) as caught:
        associate(environ=environ, platform="darwin")
    assert "strongroom FILE.strongbundle" in caught.value.advice


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["x.strongbundle"], ["desktop", "x.strongbundle"]),
        (["--store", "s", "/a/x.strongbundle"], ["desktop", "--store", "s", "/a/x.strongbundle"]),
        (["bundle", "show", "x.strongbundle"], ["bundle", "show", "x.strongbundle"]),
        ([], ["desktop"]),
    ],
)  # fmt: skip
def test_a_bundle_in_place_of_a_command_opens_the_window(
    typed: list[str], meant: list[str]
) -> None:
    assert with_command(typed) == meant

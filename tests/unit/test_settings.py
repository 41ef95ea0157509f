# SPDX-License-Identifier: Apache-2.0
"""Settings: who is louder, what is locked, and files that keep what people wrote into them."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.cli import root
from strongroom.disk.settings_file import LARGEST, read_settings, write_setting
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.domain.places import policy_file, project_file, settings_file, state_root
from strongroom.domain.setting import SECTIONS, SETTINGS, Origin, setting
from strongroom.services.settings import Settings, variable_of

THEME = "appearance.theme"
Open = Callable[..., Settings]


@pytest.fixture
def open_settings(tmp_path: Path) -> Open:
    def opened(**more: object) -> Settings:
        more.setdefault("environ", {})
        return Settings(tmp_path / "settings.toml", tmp_path / "policy.toml", **more)  # type: ignore[arg-type]

    return opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_the_list_is_sound() -> None:
    assert len({each.key for each in SETTINGS}) == len(SETTINGS)
    assert {each.section for each in SETTINGS} == {key for key, _ in SECTIONS}
    for each in SETTINGS:
        assert each.accepts(each.default), each.key
        assert each.read(str(each.default)) == each.default, each.key
        assert each.detail.endswith("."), each.key


def test_the_loudest_voice_wins(tmp_path: Path, open_settings: Open) -> None:
    at = open_settings()
    assert at.state(THEME).origin is Origin.DEFAULT
    (tmp_path / "policy.toml").write_text('[appearance]\ntheme = "light"\n')
    assert open_settings().state(THEME).origin is Origin.MACHINE
    open_settings().set(THEME, "dark")
    assert open_settings().state(THEME).value == "dark"
    project = tmp_path / "strongroom.toml"
    project.write_text('[appearance]\ntheme = "high-contrast"\n')
    assert open_settings(project=project).state(THEME).origin is Origin.PROJECT
    environ = {variable_of(at.state(THEME).setting): "light"}
    louder = open_settings(project=project, environ=environ)
    assert (louder.value(THEME), louder.state(THEME).origin) == ("light", Origin.ENVIRONMENT)
    flagged = open_settings(project=project, environ=environ, flags={THEME: "dark"})
    assert flagged.state(THEME).origin is Origin.FLAG


def test_what_the_policy_locks_is_louder_than_everything(
    tmp_path: Path, open_settings: Open, file: Path
) -> None:
    file.write_text('[appearance]\ntheme = "dark"\n')
    (tmp_path / "policy.toml").write_text(
        'locked = ["appearance.theme", "no.such"]\nreason = "Rule 12: one look."\n'
        '[appearance]\ntheme = "light"\n'
    )
    at = open_settings(flags={THEME: "dark"}, environ={"STRONGROOM_APPEARANCE_THEME": "dark"})
    assert (at.value(THEME), at.locked(THEME)) == ("light", "Rule 12: one look.")
    assert at.locked("appearance.density") == ""
    before = file.read_bytes()
    for act in (lambda: at.set(THEME, "dark"), lambda: at.unset(THEME)):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.code == "E-LOCKED-SETTING"
        assert "Rule 12" in caught.value.advice
    assert file.read_bytes() == before
    assert any("no.such" in problem for problem in at.problems())


def test_a_lock_without_a_value_holds_the_default(tmp_path: Path, open_settings: Open) -> None:
    (tmp_path / "policy.toml").write_text('locked = ["appearance.text_scale"]\n')
    at = open_settings(environ={"STRONGROOM_APPEARANCE_TEXT_SCALE": "200"})
    assert at.value("appearance.text_scale") == 100
    assert at.locked("appearance.text_scale")


def test_a_comment_and_an_unknown_key_stay_where_they_were(file: Path, open_settings: Open) -> None:
    file.write_text(
        "# Mara's window\r\n[appearance]  # looks\r\ntheme = 'dark'   # evenings\r\n"
        'newer = ["kept"]\r\n\r\n[plugin]\r\ntheme = "not ours"\r\n',
        newline="",
    )
    at = open_settings()
    at.set(THEME, "high-contrast")
    at.set("appearance.text_scale", 130)
    at.set("window.message_seconds", 10)
    assert file.read_bytes().decode() == (
        '# Mara\'s window\r\n[appearance]  # looks\r\ntheme = "high-contrast"   # evenings\r\n'
        'newer = ["kept"]\r\ntext_scale = 130\r\n\r\n[plugin]\r\ntheme = "not ours"\r\n\r\n'
        "[window]\r\nmessage_seconds = 10\r\n"
    )
    at.unset(THEME)
    assert "evenings" not in file.read_text()
    assert tomllib.loads(file.read_text())["plugin"] == {"theme": "not ours"}


_LINE = st.sampled_from([
    "# a comment", "", "[appearance]", "[window]", "[other]", "[[list]]", "theme = 'dark' # x",
    'theme = "light"', "text_scale = 150", "density=1", "  theme   =  'dark'", '"theme" = "dark"',
    "appearance.theme = 'dark'", "appearance = { theme = 'dark' }", 'text = """', '"""', "x = [",
    "]", "x = '#'", "\u2028 = 1", "theme = '''dark''' # y", "reduced_motion = true",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(_LINE, max_size=9),
    newline=st.sampled_from(["\n", "\r\n"]),
    key=st.sampled_from([each.key for each in SETTINGS]),
    data=st.data(),
)
def test_any_file_changes_in_the_one_value_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    newline: str,
    key: str,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    before = newline.join(lines)
    path.write_bytes(before.encode())
    chosen = setting(key)
    assert chosen is not None
    values = [word for word, _ in chosen.choices] or (
        [True, False] if chosen.kind == "switch" else list(range(chosen.low, chosen.high + 1))
    )
    value = data.draw(st.sampled_from([*values, None]))
    try:
        write_setting(path, chosen, value)
    except BadInput:
        assert path.read_bytes() == before.encode()
        return
    old, new = tomllib.loads(before), tomllib.loads(path.read_bytes().decode())
    assert new.get(chosen.section, {}).get(chosen.name) == value
    for document in (old, new):
        document.get(chosen.section, {}).pop(chosen.name, None)
        if document.get(chosen.section) == {}:
            del document[chosen.section]
    assert old == new


@pytest.mark.parametrize(
    "damage",
    [b"\xff\xfe", b"[appearance", b"theme = ", b"x = " + b"[" * 5_000, b"#" * (LARGEST + 2)],
)
def test_a_damaged_file_says_so_and_is_never_written_over(
    file: Path, open_settings: Open, damage: bytes
) -> None:
    file.write_bytes(damage)
    at = open_settings()
    assert at.value(THEME) == "system"
    assert len(at.problems()) == 1
    assert str(file) in at.problems()[0]
    with pytest.raises(BadInput) as caught:
        at.set(THEME, "dark")
    assert caught.value.code == "E-SETTING"
    assert file.read_bytes() == damage


def test_a_value_of_another_kind_is_ignored_and_named(file: Path, open_settings: Open) -> None:
    file.write_text("[appearance]\ntheme = 7\ntext_scale = 900\nreduced_motion = 1\n")
    at = open_settings(environ={"STRONGROOM_APPEARANCE_DENSITY": "tiny"})
    assert [at.value(f"appearance.{name}") for name in ("theme", "text_scale", "reduced_motion")]
    assert at.value("appearance.text_scale") == 100
    assert at.value("appearance.reduced_motion") is False
    assert len(at.problems()) == 4
    with pytest.raises(BadInput, match="900"):
        at.set("appearance.text_scale", 900)
    with pytest.raises(BadInput, match="no setting"):
        at.value("appearance.font")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("appearance.text_scale", "120 %", 120), ("appearance.text_scale", "1e2", 100),
     ("appearance.text_scale", "inf", None), ("appearance.text_scale", "99.5", None),
     ("appearance.reduced_motion", "ON", True), ("appearance.reduced_motion", "maybe", None),
     ("appearance.theme", "dark", "dark"), ("appearance.theme", "Dark", None)],
)  # fmt: skip
def test_words_of_a_command_line_are_read(key: str, text: str, value: object) -> None:
    chosen = setting(key)
    assert chosen is not None
    assert chosen.read(text) == value


def test_what_another_program_wrote_is_heard(file: Path, open_settings: Open) -> None:
    at = open_settings()
    assert at.read_again() == ()
    file.write_text('[appearance]\ntheme = "dark"\n')
    assert at.read_again() == (THEME,)
    assert at.value(THEME) == "dark"


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    chosen = setting(THEME)
    assert chosen is not None
    with pytest.raises(EnvironmentFault) as caught:
        write_setting(tmp_path / "in the way" / "settings.toml", chosen, "dark")
    assert caught.value.code == "E-STORE"
    assert [path.name for path in tmp_path.iterdir()] == ["in the way"]


def test_every_system_has_its_places(tmp_path: Path) -> None:
    assert settings_file({"XDG_CONFIG_HOME": "/c"}, "linux") == Path("/c/strongroom/settings.toml")
    assert settings_file({"STRONGROOM_HOME": "/h"}, "linux") == Path("/h/settings.toml")
    assert settings_file({"APPDATA": "/r"}, "win32") == Path("/r/strongroom/settings.toml")
    assert policy_file({}, "linux") == Path("/etc/strongroom/policy.toml")
    assert policy_file({"PROGRAMDATA": "/p"}, "win32") == Path("/p/strongroom/policy.toml")
    assert state_root({"XDG_STATE_HOME": "/s"}, "linux") == Path("/s/strongroom")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project_file(inner) is None
    (tmp_path / "strongroom.toml").write_text("")
    assert project_file(inner) == tmp_path / "strongroom.toml"
    assert read_settings(tmp_path / "strongroom.toml").problems == ()


def test_settings_are_chosen_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config" / "strongroom" / "settings.toml"

    def say(*words: str) -> tuple[int, dict[str, object]]:
        code = root.run(("settings", *words, "--json"), lambda _arguments: 0)
        return code, json.loads(capsys.readouterr().out)

    assert say("set", "appearance.text_scale", "150%")[0] == 0
    assert file.read_text() == "[appearance]\ntext_scale = 150\n"
    assert say("get", "appearance.text_scale")[1]["value"] == 150
    assert say("unset", "appearance.text_scale")[1]["from"] == "default"
    code, told = say("set", "appearance.text_scale", "huge")
    assert code == 2
    assert told["error"] == {
        "code": "E-SETTING",
        "title": "appearance.text_scale cannot be huge",
        "advice": "It has to be a whole number from 80 to 200.",
    }
    (tmp_path / "strongroom.toml").write_text('[appearance]\ndensity = "compact"\n')
    code, told = say("list")
    assert code == 0
    listed = told["settings"]
    assert isinstance(listed, list)
    assert {each["key"]: each["from"] for each in listed}["appearance.density"] == "project"
    file.write_text("[appearance]\ntheme = 3\n")
    assert say("list")[0] == 1

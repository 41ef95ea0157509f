# SPDX-License-Identifier: Apache-2.0
"""What a stranger may put into a plain journal, and what becomes of it: threats 6, 31 to 39."""

import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.clock import FixedClock, SystemClock
from strongroom.journal.layout import MAX_BODY_BYTES
from strongroom.journal.plain_file import MOST_TOLD
from strongroom.journal.plain_lines import (
    MAX_PLAIN_BYTES,
    BadLine,
    parse_any_line,
    parse_line,
    plain_line,
)
from strongroom.journal.reader import read_run
from strongroom.services.intake_check import check_intake
from strongroom.services.runs import open_runs
from strongroom.store.liveness import observe
from strongroom.store.sealing import seal
from support.command_line import workplace
from support.intake_cases import FILE, RUN, START_US, end_line, first_line, line, plain_run
from support.no_internet import GUARDED

LATER = FixedClock(START_US + 60_000_000)
GOOD = line(metric="loss", value=0.5, step=1)


def codes(folder: Path) -> list[tuple[str, int]]:
    (run,) = check_intake(folder, LATER)
    return [(found.code, found.line) for found in run.findings]


def code_of(data: bytes) -> str:
    with pytest.raises(BadLine) as refused:
        parse_line(data)
    return refused.value.code


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_6_a_link_a_pipe_or_a_device_in_place_of_a_plain_journal_is_not_read(
    tmp_path: Path, kind: str
) -> None:
    folder = plain_run(tmp_path, [first_line(), GOOD, end_line()])
    trap = folder / "w-deadbeef.jsonl"
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0")
    if kind == "link":
        trap.symlink_to(secret)
    elif kind == "pipe":
        os.mkfifo(trap)
    elif kind == "folder":
        trap.mkdir()
    else:
        trap.symlink_to("/dev/zero")
    content = read_run(folder)
    told = [(found.code, found.path) for found in content.findings]
    assert told in ([("E-PATH", trap.name)], [("E-MISSING", trap.name)])
    assert "root" not in str(content.findings)
    assert content.metrics["loss"].steps.tolist() == [1]


def test_31_markup_in_a_plain_journal_stays_text(tmp_path: Path) -> None:
    evil = '<img src="\\\\evil\\x"><script>alert(1)</script>'
    lines = [line(param=evil, value=evil), line(tag=evil, value=evil), line(note=evil)]
    folder = plain_run(tmp_path, [first_line(), *lines, end_line()])
    content = read_run(folder)
    assert (content.params, content.tags, content.notes) == ({evil: evil}, {evil: evil}, (evil,))
    assert seal(folder, observe(LATER.now_us()))


@pytest.mark.parametrize("size", [MAX_BODY_BYTES - 40, MAX_BODY_BYTES + 40, 3 * MAX_BODY_BYTES])
def test_32_a_line_of_megabytes_is_skipped_and_told_and_the_next_is_read(
    tmp_path: Path, size: int
) -> None:
    long = b'{"note":"' + b"x" * size + b'"}\n'
    folder = plain_run(tmp_path, [first_line(), long, GOOD, end_line()])
    content = read_run(folder)
    is_too_long = len(long) > MAX_BODY_BYTES
    assert [found.code for found in content.findings] == (["E-SIZE"] if is_too_long else [])
    assert content.metrics["loss"].steps.tolist() == [1]


def test_33_a_plain_journal_speaks_no_sql(tmp_path: Path) -> None:
    evil = "'; DROP TABLE run; --"
    plain_run(tmp_path, [first_line(), line(param=evil, value=evil), GOOD, end_line()])
    runs = open_runs(tmp_path, SystemClock(), os.urandom)
    try:
        runs.refresh()
        assert runs.show(RUN).run.params == {evil: evil}
        assert runs.search().total == 1
    finally:
        runs.catalog.close()


READ = """
import sys
from pathlib import Path
from strongroom.journal.reader import read_run
content = read_run(Path(sys.argv[1]))
status = Path("/proc/self/status").read_text()  # ru_maxrss would count the parent's memory too
peak = int(status.partition("VmHWM:")[2].split()[0]) >> 10
print(peak, len(content.metrics), sum(map(len, content.metrics.values())), len(content.findings))
"""


def read_apart(folder: Path) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": GUARDED},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return [int(word) for word in done.stdout.split()]


def test_34_ten_thousand_metrics_and_a_file_without_end_keep_memory_bounded(
    tmp_path: Path,
) -> None:
    keys = [line(metric=f"m{number}", value=1, step=0) for number in range(10_000)]
    many = plain_run(tmp_path / "many", [first_line(), *keys, end_line()])
    peak, metrics, points, findings = read_apart(many)
    assert (metrics, points, findings) == (10_000, 10_000, 0)
    assert peak < 300
    huge = plain_run(tmp_path / "huge", [first_line(), GOOD])
    with (huge / FILE).open("ab") as stream:
        stream.truncate(MAX_PLAIN_BYTES + 1)  # sparse: zeros without a line feed
    assert ("E-SIZE", 0) in codes(huge)
    endless = plain_run(tmp_path / "endless", [first_line(), GOOD])
    with (endless / FILE).open("ab") as stream:
        stream.truncate(64 << 20)
    peak, _, points, findings = read_apart(endless)
    assert (points, findings) == (1, 1)
    assert peak < 300


def test_34_a_file_of_nothing_but_bad_lines_is_told_in_bounded_words(tmp_path: Path) -> None:
    folder = plain_run(tmp_path, [first_line(), *([b"{}\n"] * 5_000), GOOD, end_line()])
    content = read_run(folder)
    assert len(content.findings) == MOST_TOLD + 1
    assert "4,900 more" in content.findings[-1].detail
    assert content.metrics["loss"].steps.tolist() == [1]


@pytest.mark.parametrize(
    "value", ["1e999", "-1e999", "9" * 400, "NaN", "true", "null", '"0.5"', "0x10", "1_0", "01"]
)
def test_35_a_number_that_no_double_is_comes_in_as_nothing(value: str) -> None:
    data = b'{"metric":"m","value":' + value.encode() + b"}\n"
    assert code_of(data) == "E-FORMAT"


def test_37_one_finding_is_one_line_and_steers_no_terminal(tmp_path: Path) -> None:
    anna = workplace(tmp_path, "anna", "store")
    evil = "\\u001b[31m\\u202e\\u2028\\nforged"
    bad = b'{"metric":"m","value":1,"' + evil.encode() + b'":1}\n'
    folder = plain_run(tmp_path / "else", [first_line(), bad, GOOD, end_line()], name="\x1b[2J")
    said = anna.type("intake", "check", folder)
    assert said.code == 1
    assert not {"\x1b", "\u202e", "\u2028"} & set(said.out)
    (told,) = (each for each in said.out.splitlines() if "E-FORMAT" in each)
    assert f"{FILE}:2" in told
    assert "forged" in told


def test_38_formulas_in_a_plain_journal_are_text_in_a_table(tmp_path: Path) -> None:
    anna = workplace(tmp_path, "anna", "store")
    plain_run(anna.store, [first_line(), line(param="=cmd", value="=HYPERLINK(1)"), end_line()])
    shown = anna.ask("runs", "show", RUN)
    assert shown["params"] == {"=cmd": "=HYPERLINK(1)"}


@pytest.mark.parametrize(
    "data",
    [
        b'{"tag":"a","value":"b","value":"c"}\n',
        b'{"param":"a","value":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n",
        b'{"param":"a","value":{"b":1,"b":2}}\n',
        b'{"param":"a","value":NaN}\n',
        b'{"param":"a","value":' + b"1" * 5_000 + b"}\n",
        b'{"param":"a","value":"\\ud800"}\n',
        b'{"param":"a\xc0\x80","value":1}\n',
        b'{"param":"a","value":1}}\n',
        b'{"param":"a","value":1} {"tag":"x","value":"y"}\n',
        b"\x00\n",
        b"\n",
    ],
)
def test_39_json_that_attacks_the_reader_is_told_quickly_and_skipped(
    tmp_path: Path, data: bytes
) -> None:
    before = time.process_time()
    folder = plain_run(tmp_path, [first_line(), data, GOOD, end_line()])
    assert codes(folder) == [("E-FORMAT", 2)]
    assert read_run(folder).metrics["loss"].steps.tolist() == [1]
    assert time.process_time() - before < 5


def test_a_changed_byte_of_a_checked_line_is_never_read_as_another_line() -> None:
    data = plain_line({"metric": "loss", "value": 0.25, "step": 7, "time": START_US})
    assert parse_line(data)
    for at in range(len(data) - 1):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            if b"\n" in changed[:-1]:
                continue  # two lines then, and neither is whole
            assert code_of(bytes(changed)) in {"E-HASH", "E-FORMAT"}


def test_a_checksum_that_was_made_for_other_bytes_is_told() -> None:
    head = b'{"tag":"a","value":"b"'
    wrong = head + b',"crc":"%08x"}\n' % (zlib.crc32(head) ^ 1)
    assert code_of(wrong) == "E-HASH"


NUMBERS = st.sampled_from(
    ["0", "-0", "1", "-1", "0.5", "1e3", "1E-300", "5e-324", "1e999", "01", "1.", ".5", "+1", "1_0",
     "12345678901234567890", "0x1", "9" * 22, "NaN", '"NaN"', "true", "-", "1e", "1e+", "\u0661"]
)  # fmt: skip
WHOLE = st.sampled_from(
    [
        "0",
        "-0",
        "7",
        "-7",
        "07",
        "1.0",
        "1e2",
        "9" * 18,
        "9" * 19,
        str(1 << 63),
        str(-(1 << 63)),
        "",
    ]
)
NAMES = st.text(max_size=300) | st.sampled_from(
    ["loss", 'a"b', "a\\", "\x1b", "\ud800", "x" * 1025]
)


@settings(deadline=None, max_examples=60)
@given(NAMES, NUMBERS, WHOLE, WHOLE, st.sampled_from(["", "right", "wrong", "short"]))
def test_the_short_cut_for_usual_lines_says_what_the_long_road_says(
    name: str, value: str, step: str, at: str, checksum: str
) -> None:
    text = f'{{"metric":"{name}","value":{value}'
    text += (f',"step":{step}' if step else "") + (f',"time":{at}' if at else "")
    head = text.encode("utf-8", "surrogatepass")
    crc = zlib.crc32(head) ^ (checksum == "wrong")
    tail = b',"crc":"%08x"' % crc if checksum else b""
    data = head + (tail[:-2] + b'"' if checksum == "short" else tail) + b"}\n"
    found = []
    for parse in (parse_line, parse_any_line):
        try:
            said = parse(data)
            found.append(repr(said))
        except BadLine as error:
            found.append(f"{error.code} {error.detail}")
    assert found[0] == found[1]

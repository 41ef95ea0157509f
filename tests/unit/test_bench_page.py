# SPDX-License-Identifier: Apache-2.0
"""The page of figures says what was measured, what the goal is, and what was missed."""

from support.figures import Figure, page


def test_a_page_tells_machine_command_goal_and_least_and_names_what_is_missed() -> None:
    sections = {
        "What one thing costs": [
            Figure("one | two", 3.0, "ms", "≤ 4 ms", "1.00 ms, one write()"),
            Figure("slow", 5.5, "ms", "≤ 5 ms"),
        ],
        "What another costs": [
            Figure("runs", 2_000.0, "runs/s", "≥ 1,500 runs/s"),
            Figure("nobody asked", 7.0, "ms", ""),
        ],
    }
    text = page(sections, "python3 packaging/run.py bench --save")
    assert "`python3 packaging/run.py bench --save`" in text
    assert "Machine: " in text
    assert "2 of 3 goals are met. Missed: slow." in text
    assert text.index("## What one thing costs") < text.index("## What another costs")
    assert "| one \\| two | 3 | ms | ≤ 4 ms | yes | 1.00 ms, one write() |" in text
    assert "| slow | 5.50 | ms | ≤ 5 ms | **no** |  |" in text
    assert "| nobody asked | 7 | ms |  |  |  |" in text

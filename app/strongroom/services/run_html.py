# SPDX-License-Identifier: Apache-2.0
"""Runs as HTML for notebooks: tables of plain text, without script, style sheet, picture or link.

* Whatever came from data is escaped, on one line and bounded; control and direction characters
  are spelled out. A notebook that is opened elsewhere asks nobody for anything.
"""

import html
import math
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from strongroom.domain.clock import to_iso
from strongroom.domain.comparison import ComparedRuns, Value
from strongroom.domain.run import MetricSummary, Run, RunDetail

MOST_ROWS = 30
MOST_COLUMNS = 12
LONGEST_CELL = 80
BARS = "▁▂▃▄▅▆▇█"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def one_line(text: object, longest: int = LONGEST_CELL) -> str:
    """Returns data as one bounded visible line."""
    given = text if isinstance(text, str) else str(text)
    head = given[:longest]
    if not head.isprintable():
        head = "".join(map(_visible, head))
    return head if len(given) <= longest else f"{head}…"


def number_text(value: float) -> str:
    """Returns a number as people read it: six digits that count."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    return f"{value:.6g}"


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Returns a table; every cell is escaped here and nowhere else."""
    head = "".join(f'<th scope="col">{_cell(each)}</th>' for each in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(each)}</td>" for each in row) + "</tr>" for row in rows
    )
    below = f"<p>{_cell(note)}</p>" if note else ""
    return (
        f"<div><table><caption><b>{_cell(title)}</b></caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
    )


def runs_html(runs: Sequence[Run], total: int) -> str:
    """Returns runs as a table: those in front, and the params and metrics most of them have."""
    shown = runs[:MOST_ROWS]
    metrics = _most_common(list(run.metrics) for run in shown)
    params = _most_common(list(run.params) for run in shown)
    params = [key for key in params if len({run.params.get(key) for run in shown}) > 1]
    metrics = metrics[: MOST_COLUMNS // 2]
    params = params[: MOST_COLUMNS - len(metrics)]
    rows = [
        [
            run.name,
            run.experiment,
            status_words(run),
            to_iso(run.started_us)[:19].replace("T", " "),
            *(number_text(run.metrics[key].last) if key in run.metrics else "–" for key in metrics),
            *(run.params.get(key, "–") for key in params),
            run.run_id[:8],
        ]
        for run in shown
    ]
    header = ["Name", "Experiment", "Status", "Started (UTC)", *metrics, *params, "Run"]
    note = f"{len(shown):,} of {total:,} runs are shown." if total > len(shown) else ""
    return table(f"{total:,} runs" if total != 1 else "1 run", header, rows, note)


def detail_html(detail: RunDetail) -> str:
    """Returns one run: what it is, its params, metrics, datasets and files."""
    run = detail.run
    facts = [
        ("Experiment", run.experiment),
        ("Status", status_words(run)),
        ("Started", to_iso(run.started_us)),
        ("By", f"{run.user}@{run.host}"),
        *((f"param {key}", value) for key, value in sorted(run.params.items())),
        *((f"tag {key}", value) for key, value in sorted(run.tags.items())),
        *(
            (
                f"metric {key}",
                _summary_words(each),
            )
            for key, each in sorted(run.metrics.items())
        ),
        *(
            (f"dataset {each.get('context', '')}".strip(), each.get("name", ""))
            for each in detail.inputs
        ),
        *(("file", f"{each.path} ({each.size_bytes:,} bytes)") for each in detail.artifacts),
        *(("process", each.words) for each in detail.processes),
        *(("not logged", f"{count} × {cause}") for cause, count in detail.lost.items()),
    ]
    hidden = len(facts) - 4 * MOST_ROWS
    note = f"{hidden:,} more lines are left out." if hidden > 0 else ""
    return table(f"{run.name} · {run.run_id[:8]}", ["", ""], facts[: 4 * MOST_ROWS], note)


def comparison_html(compared: ComparedRuns) -> str:
    """Returns what differs between runs, the first one as the baseline."""
    runs = compared.runs[:MOST_COLUMNS]
    differing = compared.differing()
    rows = [
        [row.section.value, row.key, *(_value(each) for each in row.values[: len(runs)])]
        for row in differing[: 2 * MOST_ROWS]
    ]
    same = len(compared.rows) - len(differing)
    left = max(0, len(differing) - len(rows))
    words = [f"{same:,} fields are the same in all runs."]
    words += [f"{left:,} more differ."] if left else []
    hidden = len(compared.runs) - len(runs)
    words += [f"{hidden:,} runs are left out."] if hidden else []
    header = ["", "Field", *(f"{run.name} · {run.run_id[:8]}" for run in runs)]
    return table(f"{len(compared.runs)} runs compared", header, rows, " ".join(words))


def status_words(run: Run) -> str:
    """Returns the state of a run in a word or two."""
    return "LOST CONTACT" if run.is_lost else run.status.value


def bars(values: Sequence[float], width: int = 24) -> str:
    """Returns a curve as a row of blocks that any font has; gaps where nothing is finite."""
    if not values:
        return ""
    columns = min(width, len(values))
    cuts = [len(values) * at // columns for at in range(columns + 1)]
    means = [_mean(values[start:end]) for start, end in pairwise(cuts)]
    found = [each for each in means if each is not None]
    if not found:
        return ""
    low, high = min(found), max(found)
    span = high - low if high > low else 1.0
    if not math.isfinite(span):  # wider than a double: drawn at half its size
        means = [None if each is None else each / 2 for each in means]
        low, span = low / 2, high / 2 - low / 2
    steps = len(BARS) - 1
    return "".join(
        " " if each is None else BARS[min(steps, int((each - low) / span * len(BARS)))]
        for each in means
    )


def _mean(values: Sequence[float]) -> float | None:
    """Returns the mean of what is finite, None where nothing is, or where it is too large."""
    finite = [value for value in values if math.isfinite(value)]
    mean = sum(finite) / len(finite) if finite else math.nan
    return mean if math.isfinite(mean) else None


def _summary_words(each: MetricSummary) -> str:
    return (
        f"{number_text(each.last)} at step {each.last_step} (lowest {number_text(each.minimum)}, "
        f"highest {number_text(each.maximum)}, {each.count:,} points)"
    )


def _most_common(given: Iterable[list[str]]) -> list[str]:
    counts: dict[str, int] = {}
    for keys in given:
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
    return sorted(counts, key=lambda key: (key.startswith(("system/", "sys/")), -counts[key], key))


def _value(value: Value) -> str:
    if value is None:
        return "–"
    return number_text(value) if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    return html.escape(one_line(text), quote=True)


def _visible(character: str) -> str:
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character

# SPDX-License-Identifier: Apache-2.0
"""What is known of a metric beyond its points: its unit, which way is better, its bounds.

* A rule is stated by a person, or learned from the metric's name; a stated rule wins whole.
* A name is read word by word, the last word that says something decides: ``acc_loss`` is a loss.
* A run breaks a rule if any point of it lies outside the bounds; NaN breaks none.
"""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from strongroom.domain.errors import BadInput
from strongroom.domain.metric import is_name
from strongroom.domain.run import MetricSummary

MAX_UNIT = 24  # characters; it stands in the title of an axis
KEPT_NAMES = 32_768  # learned rules kept in memory; a comparison of 20,000 metrics fits


class Direction(StrEnum):
    """Which values of a metric are better."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRule:
    """What holds for one metric; bounds are inclusive, None is open.

    Raises:
        BadInput: ``E-USAGE`` for a key no metric can have, a long unit, or bounds that are not
            finite or the wrong way round.
    """

    key: str
    unit: str = ""
    direction: Direction = Direction.NONE
    low: float | None = None
    high: float | None = None
    is_learned: bool = False

    def __post_init__(self) -> None:
        if not is_name(self.key):
            raise _bad("A metric's name is empty or too long")
        if len(self.unit) > MAX_UNIT or not (self.unit.isprintable() and is_name(self.unit or "-")):
            raise _bad(f"A unit has at most {MAX_UNIT} printable characters")
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        if not all(math.isfinite(bound) for bound in bounds):
            raise _bad("A bound is not a finite number")
        if len(bounds) == 2 and bounds[0] > bounds[1]:
            raise _bad("The lower bound lies above the upper bound")

    def best(self, summary: MetricSummary) -> float | None:
        """Returns the best value a run has reached; None without a direction or without numbers."""
        if self.direction is Direction.NONE:
            return None
        value = summary.maximum if self.direction is Direction.HIGHER else summary.minimum
        return None if math.isnan(value) else value

    def breach(self, summary: MetricSummary) -> str:
        """Returns one sentence if a point of a run lies outside the bounds, else ``""``."""
        if self.high is not None and summary.maximum > self.high:
            return self._sentence("reached", summary.maximum, "above", self.high)
        if self.low is not None and summary.minimum < self.low:
            return self._sentence("fell to", summary.minimum, "below", self.low)
        return ""

    def _sentence(self, verb: str, value: float, side: str, bound: float) -> str:
        shown, limit = f"{value:.6g}", f"{bound:.6g}"
        if shown == limit:  # they differ where rounding hides it
            shown, limit = repr(value), repr(bound)
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.key} {verb} {shown}{unit}, {side} its bound of {limit}{unit}"


@dataclass(frozen=True, slots=True)
class MetricSchema:
    """The stated rules of a store, over what names tell."""

    rules: tuple[MetricRule, ...] = ()
    _by_key: dict[str, MetricRule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {rule.key: rule for rule in self.rules})

    def rule(self, key: str) -> MetricRule:
        """Returns the stated rule of a metric, else the learned one."""
        return self._by_key.get(key) or learned_rule(key)

    def breach(self, key: str, summary: MetricSummary) -> str:
        """Returns one sentence if a run's points break the rule of a metric, else ``""``."""
        return self.rule(key).breach(summary)


@lru_cache(maxsize=KEPT_NAMES)
def learned_rule(key: str) -> MetricRule:
    """Returns what a metric's name tells; for a name that tells nothing, a rule without content."""
    words = [word.lower() for word in _WORD.findall(key)]
    rate = _rate(key, words)
    unit = f"1/{rate}" if rate else _unit(words)
    direction, low, high = _THROUGHPUT if rate else _trait(words)
    if "neg" in words and direction is Direction.LOWER:  # scikit-learn's neg_mean_squared_error
        direction, low, high = Direction.HIGHER, None, low
    if unit == "%" and high == 1.0:
        low, high = None if low is None else low * 100, 100.0
    return MetricRule(key=key, unit=unit, direction=direction, low=low, high=high, is_learned=True)


Trait = tuple[Direction, float | None, float | None]

# Words: runs of letters with a capital at most in front, abbreviations, numbers; "F1", "p95", "r2"
# and "gpu0" keep their digits.
_WORD = re.compile(r"[^\W\d_]*[A-Z](?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|[^\W_]+|%")

_SHARE: Trait = (Direction.HIGHER, 0.0, 1.0)
_MISS: Trait = (Direction.LOWER, 0.0, 1.0)
_ERROR: Trait = (Direction.LOWER, 0.0, None)
_GAIN: Trait = (Direction.HIGHER, None, None)
_THROUGHPUT: Trait = (Direction.HIGHER, 0.0, None)
_CORRELATION: Trait = (Direction.HIGHER, -1.0, 1.0)
_SILENT: Trait = (Direction.NONE, None, None)


def _all(words: str, trait: Trait) -> dict[str, Trait]:
    return dict.fromkeys(words.split(), trait)


# Names as scikit-learn, Keras, Lightning, torchmetrics and Hugging Face's evaluate log them.
_TRAITS: dict[str, Trait] = {
    **_all("acc accuracy auc auroc auprc roc f1 fbeta precision recall sensitivity", _SHARE),
    **_all("specificity ap map iou miou jaccard dice ndcg mrr tpr tnr ppv npv em", _SHARE),
    **_all("fpr fnr ece brier hamming", _MISS),
    **_all("error err rmse mse mae mape smape rmsle msle wer cer ter fid nll logloss", _ERROR),
    **_all("latency duration seconds secs sec elapsed time runtime ms us ns", _ERROR),
    **_all("p50 p75 p90 p95 p99 p999 memory rss vram", _ERROR),
    **_all("loss bpc bpb ppl perplexity divergence kl regret cost", (Direction.LOWER, None, None)),
    **_all("throughput fps qps rps tps", _THROUGHPUT),
    **_all("bleu sacrebleu rouge meteor chrf", (Direction.HIGHER, 0.0, 100.0)),
    **_all("reward return elo psnr snr likelihood elbo", _GAIN),
    **_all("r2", (Direction.HIGHER, None, 1.0)),
    **_all("mcc kappa pearson spearman kendall pearsonr spearmanr ssim silhouette", _CORRELATION),
    # After these the words before them say nothing: loss_scale, accuracy_threshold, error_count.
    **_all("scale weight threshold count step steps epoch epochs seed lr size index id", _SILENT),
    **_all("timestamp norm grad gradient std var variance coefficient", _SILENT),
}

_UNITS = {
    "ms": "ms", "us": "µs", "ns": "ns", "s": "s", "sec": "s", "secs": "s", "seconds": "s",
    "minutes": "min", "hours": "h", "b": "B", "bytes": "B", "kb": "kB", "mb": "MB", "gb": "GB",
    "kib": "KiB", "mib": "MiB", "gib": "GiB", "pct": "%", "percent": "%", "percentage": "%",
    "%": "%", "w": "W", "watts": "W", "mw": "mW", "kwh": "kWh", "wh": "Wh", "j": "J",
    "joules": "J", "hz": "Hz", "mhz": "MHz", "ghz": "GHz", "celsius": "°C", "degc": "°C",
    "db": "dB", "psnr": "dB", "fps": "1/s", "qps": "1/s", "rps": "1/s",
}  # fmt: skip
_VOLUMES = {"b", "bytes", "kb", "mb", "gb", "kib", "mib", "gib"}
_TIMES = {"s": "s", "sec": "s", "second": "s", "min": "min", "minute": "min", "h": "h", "hour": "h"}


def _trait(words: list[str]) -> Trait:
    for word in reversed(words):
        found = _TRAITS.get(word) or _TRAITS.get(word.rstrip("0123456789"))  # map50 is a map
        if found:
            return found
    return _GAIN if "score" in words else _SILENT


def _rate(key: str, words: list[str]) -> str:
    """Returns the time a throughput is counted by: samples_per_second, images/s."""
    if len(words) < 2 or not ("per" in words[1:-1] or key.lower().endswith(("/s", "/sec"))):
        return ""
    return _TIMES.get(words[-1], "")


def _unit(words: list[str]) -> str:
    alone = len(words) == 1 and len(words[0]) == 1  # a metric that is called "s" or "w"
    if alone or not words:
        return ""
    if words[-1] == "s" and len(words) > 1 and words[-2] in _VOLUMES:  # read_mb_s
        return f"{_UNITS[words[-2]]}/s"
    return _UNITS.get(words[-1], "")


def _bad(title: str) -> BadInput:
    return BadInput("E-USAGE", title, "Example: --unit ms --direction lower --low 0.")

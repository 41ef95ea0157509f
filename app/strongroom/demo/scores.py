# SPDX-License-Identifier: Apache-2.0
"""Scores of a classifier from its probabilities, cheap enough for every epoch of every run.

* Confusion counts come first; accuracy, F1 and recall are read off them.
* F1 is the mean over classes; a class nobody predicted and nobody has counts as 0.
"""

import numpy as np
from numpy.typing import NDArray

SMALLEST_PROBABILITY = 1e-15  # keeps the loss of a certain mistake finite, as scikit-learn does


def confusion_counts(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], class_count: int
) -> NDArray[np.int64]:
    """Returns counts of shape (true class, predicted class)."""
    flat = np.bincount(truth * class_count + predicted, minlength=class_count * class_count)
    return flat.reshape(class_count, class_count).astype(np.int64)


def accuracy(counts: NDArray[np.int64]) -> float:
    """Returns the share of right answers."""
    return float(np.trace(counts) / counts.sum())


def mean_f1(counts: NDArray[np.int64]) -> float:
    """Returns the F1 score averaged over the classes."""
    right = np.diag(counts).astype(np.float64)
    total = counts.sum(axis=0) + counts.sum(axis=1)
    return float(np.mean(2 * right / np.maximum(total, 1)))


def recall(counts: NDArray[np.int64], positive: int) -> float:
    """Returns the share of a class that was found; -1 averages over the classes."""
    found = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    return float(found.mean() if positive < 0 else found[positive])


def log_loss(truth: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Returns the mean negative logarithm of the probability given to the true class."""
    given = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(given, SMALLEST_PROBABILITY)).mean())

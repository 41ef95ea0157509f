# SPDX-License-Identifier: Apache-2.0
"""The data sets that ship inside scikit-learn, split once and scaled by what was trained on.

* Every run of a data set sees the same split, so their metrics and digests can be compared.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets as shipped

SPLIT_SEED = 7
VALIDATION_SHARE = 0.3

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledData:
    """A data set for classification.

    ``positive`` is the class whose recall matters, -1 where all classes count alike.
    """

    name: str
    source: str
    class_names: tuple[str, ...]
    positive: int
    train_features: Floats
    train_labels: Labels
    validation_features: Floats
    validation_labels: Labels
    is_image: bool

    @property
    def classes(self) -> Labels:
        """The labels, from 0."""
        return np.arange(len(self.class_names))

    def table(self, part: str) -> Floats:
        """Returns the features of ``training`` or ``validation`` with the label as last column."""
        if part == "training":
            return np.column_stack([self.train_features, self.train_labels])
        return np.column_stack([self.validation_features, self.validation_labels])


@functools.cache
def load(name: str) -> LabelledData:
    """Returns ``digits``, ``wine`` or ``breast-cancer``.

    Raises:
        KeyError: For another name.
    """
    loader, positive = {
        "digits": (shipped.load_digits, -1),
        "wine": (shipped.load_wine, -1),
        "breast-cancer": (shipped.load_breast_cancer, 0),  # 0 is malignant
    }[name]
    bunch = loader()
    features = np.asarray(bunch.data, dtype=np.float64)
    labels = np.asarray(bunch.target, dtype=np.int64)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    cut = round(len(labels) * VALIDATION_SHARE)
    held, used = order[:cut], order[cut:]
    if name == "digits":
        scaled = features / 16.0  # pixels have 17 shades
    else:
        mean, spread = features[used].mean(axis=0), features[used].std(axis=0)
        scaled = (features - mean) / spread
    return LabelledData(
        name=name,
        source=f"sklearn.datasets.{loader.__name__}",
        class_names=tuple(str(each) for each in bunch.target_names),
        positive=positive,
        train_features=scaled[used],
        train_labels=labels[used],
        validation_features=scaled[held],
        validation_labels=labels[held],
        is_image=name == "digits",
    )

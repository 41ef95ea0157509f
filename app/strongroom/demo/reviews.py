# SPDX-License-Identifier: Apache-2.0
"""Registers what the training found and walks two models through their reviews.

* Which runs become versions is read off their metrics; every figure in a reason is measured.
* It ends with one request that waits for the release approver, and one that was rejected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.bootstrap import Services
from strongroom.demo.people import ANALYST, APPROVER
from strongroom.demo.team import CANCER, DIGITS
from strongroom.demo.training import MODEL_PATH, Trained
from strongroom.domain.errors import EnvironmentFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What the reviews left behind: request ids, and a version that is in Production."""

    waiting: str
    rejected: str
    in_production: str


def review(team: Mapping[str, Services], trained: Sequence[Trained], arrived: Trained) -> Reviewed:
    """Registers three versions beside the one that arrived, asks for four moves, answers three.

    Args:
        team: Everybody's services.
        trained: What was trained here.
        arrived: The run of the version that another workstation registered and shared.

    Raises:
        EnvironmentFault: ``E-STORE`` if the training found no two models that differ.
    """
    jonas, mara = team[ANALYST], team[APPROVER]
    waiting = _digits(jonas, mara, [run for run in trained if run.plan.dataset == "digits"])
    cancer = [run for run in trained if run.plan.dataset == "breast-cancer"]
    rejected = _cancer(jonas, mara, cancer, arrived)
    return Reviewed(waiting=waiting, rejected=rejected, in_production=f"{DIGITS}/1")


def _digits(jonas: Services, mara: Services, runs: Sequence[Trained]) -> str:
    """Puts a first model into Production and asks for a better one; returns that request."""
    kept = sorted((run for run in runs if run.has_model), key=lambda run: run.accuracy)
    if len(kept) < 2 or kept[-1].accuracy < kept[0].accuracy + 0.005:
        raise _too_alike(DIGITS)
    first, better = kept[0], kept[-1]
    jonas.registering.register(first.run_id, MODEL_PATH, DIGITS)
    jonas.registering.register(better.run_id, MODEL_PATH, DIGITS)
    asked = jonas.reviews.request(
        f"{DIGITS}/1",
        "Production",
        reason=f"First usable model: {first.accuracy:.1%} of the held-out digits are right.",
    )
    mara.reviews.approve(
        asked.id, comment="Mistakes looked at one by one; nothing systematic. Good enough to start."
    )
    gain = (better.accuracy - first.accuracy) * 100
    return jonas.reviews.request(
        f"{DIGITS}/2",
        "Production",
        reason=f"{gain:.1f} points more accuracy than v1 on the same held-out digits.",
    ).id


def _cancer(jonas: Services, mara: Services, runs: Sequence[Trained], arrived: Trained) -> str:
    """Has the model that arrived rejected and puts a better one into Staging."""
    kept = sorted((run for run in runs if run.has_model), key=lambda run: run.recall)
    if not kept or arrived.recall >= kept[-1].recall:
        raise _too_alike(CANCER)
    better = kept[-1]
    jonas.registering.register(better.run_id, MODEL_PATH, CANCER)
    asked = jonas.reviews.request(
        f"{CANCER}/2",
        "Staging",
        reason=f"Finds {better.recall:.1%} of the malignant cases; ready for a trial.",
    )
    mara.reviews.approve(
        asked.id, comment="Trial only. The lab's reading stays the one that counts."
    )
    asked = jonas.reviews.request(
        f"{CANCER}/1",
        "Staging",
        reason=f"Noor's candidate, trained in a hurry: accuracy {arrived.accuracy:.1%}, "
        f"v2 {better.accuracy:.1%}.",
    )
    mara.reviews.reject(
        asked.id,
        comment=f"Recall is too low: it finds {arrived.recall:.1%} of the malignant cases, v2 "
        f"{better.recall:.1%}. A missed tumour costs more than a false alarm.",
    )
    return asked.id


def _too_alike(model: str) -> EnvironmentFault:
    return EnvironmentFault(
        "E-STORE",
        f"The training for {model} gave no two models that differ",
        "This scikit-learn trains otherwise than the demo expects; please report its version.",
    )

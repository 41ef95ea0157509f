# SPDX-License-Identifier: Apache-2.0
"""The sentences of a review: what is signed, and why a request can no longer be answered."""

from strongroom.domain.registry import RequestStatus, TransitionRequest


def statement_of(request: TransitionRequest) -> str:
    """Returns the sentence an approver signs; it stands above the buttons word for word."""
    model, version, _ = request.key
    retired = "".join(f" and v{key[1]} becomes {to}" for key, to in request.retires)
    in_one = ", in one event" if retired else ""
    return f"{model} v{version} becomes {request.to_stage}{retired}{in_one}."


def closed_sentence(request: TransitionRequest) -> str:
    """Returns why a request can no longer be answered, in a sentence."""
    sentences = {
        RequestStatus.STALE: "Another move came first; renew the request.",
        RequestStatus.CONFLICT: "Two moves were approved at the same time; a request naming both"
        " must resolve them.",
        RequestStatus.NEEDS_RECONFIRM: "The policy changed after this request; renew it.",
        RequestStatus.LAPSED: "An approval was revoked; renew the request.",
        RequestStatus.INVALID: f"This request can never take effect: {request.note}.",
    }
    return sentences.get(request.status, f"This request is {request.status.value}.")

# SPDX-License-Identifier: Apache-2.0
"""Policies as JSON: what ``policy show`` prints, ``policy set`` reads, and what a pattern opens."""

import json
from pathlib import Path

from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.errors import BadInput
from strongroom.domain.policy import Policy, parse_policy
from strongroom.domain.team import TrustDocument
from strongroom.services.given_file import read_given

MAX_POLICY_BYTES = 1024 * 1024  # thousands of models with four stages each


def read_policies(path: Path) -> dict[str, dict[str, Policy]]:
    """Reads policies by pattern and stage from a JSON file.

    Raises:
        BadInput: ``E-NAME`` if the file cannot be read, ``E-POLICY`` if it is no set of policies.
    """
    document = decode_loose(read_given(path, MAX_POLICY_BYTES), max_bytes=MAX_POLICY_BYTES)
    try:
        policies = {
            str(pattern): {str(stage): parse_policy(item) for stage, item in stages.items()}
            for pattern, stages in document.items()
        }
    except (ValueError, AttributeError, TypeError) as error:
        raise BadInput(
            "E-POLICY",
            f"{path.name} is not a set of policies: {error}",
            "Start from what this prints: strongroom policy show --json.",
        ) from error
    if "*" not in policies:
        raise BadInput("E-POLICY", "The policy for * is missing", "Add the pattern *.")
    return policies


def policies_json(document: TrustDocument) -> JsonValue:
    """Returns the policies of a version as JSON: pattern, stage, policy."""
    return {
        pattern: {stage: policy.to_json() for stage, policy in stages.items()}
        for pattern, stages in document.policies.items()
    }


def opened_stages(policies: JsonValue) -> tuple[tuple[str, str], ...]:
    """Returns each pattern and stage that a pattern leaves open while ``*`` guards it."""
    return tuple(
        (pattern, stage)
        for pattern, stages in policies.items()
        for stage in sorted(set(policies.get("*", {})) - set(stages))
    )


def policy_text(policies: JsonValue) -> str:
    """Returns policies as indented JSON that `read_policies` reads."""
    return json.dumps(policies, indent=2, sort_keys=True)

"""A pattern that leaves a stage out opens it; whoever sets such a policy is told."""

from strongroom.domain.policy import DEFAULT_POLICIES
from strongroom.services.policies import opened_stages

EVERYWHERE = {stage: policy.to_json() for stage, policy in DEFAULT_POLICIES["*"].items()}


def test_a_stage_that_only_the_star_guards_is_named():
    policies = {"*": EVERYWHERE, "churn*": {"production": EVERYWHERE["production"]}}
    assert opened_stages(policies) == (("churn*", "staging"),)


def test_policies_that_mention_every_stage_open_nothing():
    assert opened_stages({"*": EVERYWHERE, "churn*": EVERYWHERE}) == ()

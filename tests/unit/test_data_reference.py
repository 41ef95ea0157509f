# SPDX-License-Identifier: Apache-2.0
"""The id of data as another tool states it: a text, a feature view, a table, a reference.

The objects have the shape of those tools' own; none of the tools is needed to train.
"""

import re

import pytest

import strongroom as sr
from strongroom.domain.clock import SystemClock
from strongroom.sdk.data_reference import MAX_ID, reference_of
from strongroom.sdk.losses import Lost
from strongroom.services.runs import open_runs
from support.runs_on_disk import random_bytes


def made(package: str, kind: str, /, **parts: object) -> object:
    return type(kind, (), {"__module__": f"{package}.inside", **parts})()


def view(name: str = "customer_stats", dtype: str = "Float64") -> object:
    age = made("feast", "Field", name="age", dtype="Int64")
    income = made("feast", "Field", name="income", dtype=dtype)
    return made("feast", "FeatureView", name=name, entities=["customer"], features=[age, income])


def test_a_feature_view_is_named_with_the_digest_of_its_definition():
    found = reference_of(view())
    assert found.name == "customer_stats"
    assert re.fullmatch(r"feast:customer_stats@sha256:[0-9a-f]{64}", found.id)
    assert reference_of(view()) == found
    assert reference_of(view(dtype="Int64")).id != found.id, "another type is another definition"


def test_a_feature_service_is_all_of_its_views():
    one = made("feast", "FeatureService", name="score_v1", feature_view_projections=[view()])
    two = made("feast", "FeatureService", name="score_v1",
               feature_view_projections=[view(), view("more")])  # fmt: skip
    assert reference_of(one).id.startswith("feast:score_v1@sha256:")
    assert reference_of(one).id != reference_of(two).id


def test_a_table_and_a_reference_tell_theirs():
    table = made("deltalake", "DeltaTable", version=lambda _self: 12, table_uri="/lake/trips/")
    assert reference_of(table) == ("delta:12", "trips")
    commit = made("lakefs", "Reference", repo_id="lake", id="c0ffee")
    assert reference_of(commit) == ("lakefs:lake@c0ffee", "lake")


@pytest.mark.parametrize("wrong", ["", " ", "a\nb", "x" * (MAX_ID + 1), 3, object(), [], b"id"])
def test_what_names_no_version_is_none(wrong):
    with pytest.raises(Lost):
        reference_of(wrong)


def test_what_was_stated_stands_beside_the_digest_and_what_breaks_costs_the_id_alone(
    tmp_path, caplog
):
    broken = made("feast", "FeatureView", name="broken")
    with sr.start_run("churn", name="fed", store=tmp_path) as run:
        sr.log_input({"age": [1, 2]}, version=view())
        sr.log_input(name="events", context="test", version="kafka:topic@42")
        sr.log_input({"age": [3]}, name="kept", context="other", version=broken)
        assert run.losses.counts == {"type": 1}
    assert "FeatureView of feast does not say which version it is" in caplog.text
    runs = open_runs(tmp_path, SystemClock(), random_bytes)
    runs.refresh()
    fed, events, kept = runs.show("fed").inputs
    assert fed["name"] == "customer_stats"
    assert fed["version"].startswith("feast:customer_stats@sha256:")
    assert len(fed["digest"]) == 64
    assert (events["name"], events["version"]) == ("events", "kafka:topic@42")
    assert kept["name"] == "kept"
    assert "version" not in kept
    runs.catalog.close()

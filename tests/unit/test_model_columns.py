# SPDX-License-Identifier: Apache-2.0
"""What a contract asks of a model's signature: how columns are named, and what lacks of them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.contract import Contract, ContractRule, Subject, judge
from strongroom.domain.contract_sentence import asks, subject_words
from strongroom.domain.contract_text import parse_contract, write_contract
from strongroom.domain.errors import BadInput
from strongroom.domain.model_signature import (
    TYPES,
    LoggedModel,
    asked_columns,
    column_text,
    model_of,
)
from strongroom.domain.run import RunStatus
from strongroom.domain.run_facts import RunFacts
from strongroom.models.mlmodel import read_logged

SCORING = ContractRule(
    subject=Subject.SIGNATURE,
    key="*",
    is_required=True,
    inputs=("age: long", "country"),
    outputs=("score: double",),
)
GOOD = LoggedModel(
    path="model",
    inputs=(("age", "long"), ("country", "string"), ("more", "double")),
    outputs=(("score", "double"),),
)


def said(*models: LoggedModel, rule: ContractRule = SCORING) -> list[str]:
    facts = RunFacts(
        status=RunStatus.FINISHED,
        models=models,
        artifacts=[(each.file, "00") for each in models],
    )
    return [each.sentence for each in judge([Contract(name="fraud", rules=(rule,))], facts)]


def test_a_model_with_the_columns_and_others_keeps_the_rule():
    assert said(GOOD) == []
    assert said(GOOD, rule=ContractRule(subject=Subject.SIGNATURE, key="model")) == []


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (LoggedModel(path="model"), "signature of model is missing"),
        (LoggedModel(path=""), "signature of the model is missing"),
        (
            LoggedModel(path="model", problem="its bytes are gone"),
            "signature of model cannot be read: its bytes are gone",
        ),
        (
            LoggedModel(path="a/b", inputs=(("age", "long"),), outputs=(("score", "double"),)),
            "signature of a/b lacks the input country",
        ),
        (
            LoggedModel(path="m", inputs=(("x", "long"),), outputs=(("y", "double"),)),
            "signature of m lacks the inputs age, country and lacks the output score",
        ),
        (
            LoggedModel(
                path="m", inputs=(("age", "string"), ("country", "")), outputs=GOOD.outputs
            ),
            "signature of m has the input age as string, not long",
        ),
    ],
)
def test_what_a_signature_lacks_is_one_sentence(model, sentence):
    assert said(model) == [sentence]


def test_a_rule_is_about_models_at_its_path_only():
    bare = LoggedModel(path="draft/one")
    at_model = ContractRule(subject=Subject.SIGNATURE, key="model", is_required=True)
    assert said(bare, GOOD, rule=at_model) == []
    assert said(bare, rule=at_model) == ["signature of model is missing"]
    drafts = ContractRule(subject=Subject.SIGNATURE, key="draft/*")
    assert said(bare, GOOD, rule=drafts) == ["signature of draft/one is missing"]
    assert said(rule=drafts) == [], "no model is asked for"


def test_what_is_wrong_counts_at_once_and_what_is_lacking_at_the_end():
    contract = [Contract(name="fraud", rules=(SCORING,))]
    begun = RunFacts(status=RunStatus.RUNNING)
    assert judge(contract, begun) == ()
    wrong = RunFacts(status=RunStatus.RUNNING, models=[LoggedModel(path="model")])
    assert [each.sentence for each in judge(contract, wrong)] == ["signature of model is missing"]


@pytest.mark.parametrize("column", ["age: lnog", ": long", "", " ", "age: long: "])
def test_a_column_that_nobody_can_have_is_refused(column):
    with pytest.raises(BadInput) as caught:
        ContractRule(subject=Subject.SIGNATURE, key="*", inputs=(column,))
    assert caught.value.code == "E-CONTRACT"


def test_columns_are_asked_of_signatures_only_and_each_once():
    with pytest.raises(BadInput, match="columns cannot be asked of params"):
        ContractRule(subject=Subject.PARAM, key="lr", is_required=True, inputs=("age",))
    with pytest.raises(BadInput, match="the column age stands twice"):
        ContractRule(subject=Subject.SIGNATURE, key="*", inputs=("age", "age: long"))


def test_the_words_of_a_rule_name_what_goes_in_and_what_comes_out():
    assert asks(SCORING) == "is there, takes age: long, country, gives score: double"
    assert subject_words(SCORING) == "signature of a model"
    bare = ContractRule(subject=Subject.SIGNATURE, key="model")
    assert (subject_words(bare), asks(bare)) == ("signature of model", "is there with each model")


def test_a_contract_about_signatures_is_of_format_2_and_older_programs_say_so():
    text = write_contract(Contract(name="fraud", rules=(SCORING,)))
    assert text.startswith("format = 2\n")
    assert parse_contract(text.encode()).rules == (SCORING,)
    with pytest.raises(BadInput, match="needs format = 2"):
        parse_contract(text.replace("format = 2", "format = 1").encode())
    lr = ContractRule(subject=Subject.PARAM, key="lr", is_required=True)
    assert write_contract(Contract(name="fraud", rules=(lr,))).startswith("format = 1\n")
    with pytest.raises(BadInput) as caught:
        parse_contract(text.replace("format = 2", "format = 3").encode())
    assert caught.value.code == "E-FORMAT"


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=20).filter(str.strip), st.sampled_from(sorted(TYPES)))
def test_any_name_with_a_type_reads_back(name, kind):
    assert asked_columns([column_text(name, kind)]) == ((name.strip(), kind),)


def test_a_file_in_yaml_and_one_in_json_say_the_same():
    spec = json.dumps([{"name": "age", "type": "long"}, {"name": "pay", "type": "double"}])
    tensor = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}])
    document = {"flavors": {"sklearn": {}}, "signature": {"inputs": spec, "outputs": tensor}}
    yaml = f"flavors:\n  sklearn: {{}}\nsignature:\n  inputs: '{spec}'\n  outputs: '{tensor}'\n"
    found = read_logged("a/MLmodel", json.dumps(document).encode())
    assert found == read_logged("a/MLmodel", yaml.encode())
    assert found == LoggedModel(
        path="a", inputs=(("age", "long"), ("pay", "double")), outputs=(("", "float32"),)
    )
    assert model_of("MLmodel", {}) == LoggedModel(path="")

# SPDX-License-Identifier: Apache-2.0
"""Contracts at random, and a store with runs that keep and break one."""

from hypothesis import strategies as st

from strongroom.domain.contract import Contract, ContractRule, Level, Subject
from support.filters import KEYS, NUMBERS, TEXTS

SHAPES = ["number", "integer", "text", "boolean", "snake_case", "a*", "*m", "?", "[a-z]*", "hex"]
WORDS = [text for text in TEXTS if text]


def rules() -> st.SearchStrategy[ContractRule]:
    """Any rule over the keys that `support.filters` gives runs."""
    finite = [number for number in NUMBERS if abs(number) < 1e301]
    bound = st.none() | st.sampled_from(finite)
    shapes = st.lists(st.sampled_from(SHAPES), max_size=2).map(tuple)
    allowed = st.lists(st.sampled_from(WORDS), max_size=3).map(tuple)
    level = st.sampled_from(Level)

    columns = st.lists(
        st.sampled_from(["age: long", "pay: double", "country", "a, b: any", "é: c: string"]),
        max_size=3,
        unique=True,
    ).map(tuple)

    def valued(subject: Subject) -> st.SearchStrategy[ContractRule]:
        is_metric = subject is Subject.METRIC
        return st.builds(
            lambda key, is_required, shapes, allowed, one, other, level: ContractRule(
                subject=subject,
                key=key,
                is_required=is_required
                or not (shapes or allowed or one is not None or other is not None),
                shapes=shapes,
                allowed=allowed,
                low=one if one is None or other is None else min(one, other),
                high=other if one is None or other is None else max(one, other),
                level=level,
            ),
            st.sampled_from(KEYS),
            st.booleans(),
            st.just(()) if is_metric else shapes,
            st.just(()) if is_metric else allowed,
            bound,
            bound,
            level,
        )

    present = [
        st.builds(
            ContractRule,
            subject=st.just(Subject.DATASET),
            key=st.sampled_from(["*", "adam", "1"]),
            is_required=st.just(True),
            allowed=allowed,
        ),
        st.builds(
            ContractRule,
            subject=st.just(Subject.ARTIFACT),
            key=st.sampled_from(["model/MLmodel", "*.txt", "a*", "plot.png"]),
            is_required=st.just(True),
        ),
        st.builds(
            ContractRule,
            subject=st.just(Subject.SIGNATURE),
            key=st.sampled_from(["*", "model", "m*", "other"]),
            is_required=st.booleans(),
            inputs=columns,
            outputs=columns,
        ),
        st.builds(
            ContractRule,
            subject=st.just(Subject.NAMES),
            key=st.sampled_from(["params", "tags", "metrics"]),
            shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=2).map(tuple),
            allowed=st.lists(st.sampled_from(KEYS), max_size=5).map(tuple),
        ),
        st.builds(
            ContractRule,
            subject=st.just(Subject.CONDITION),
            key=st.just("sane"),
            must=st.sampled_from(
                ["metrics.a > 0.5", "params.a = 'adam' OR tags.a IS NULL", "status != 'RUNNING'"]
            ),
        ),
    ]
    return st.one_of(*map(valued, (Subject.PARAM, Subject.METRIC, Subject.TAG)), *present)


def contracts() -> st.SearchStrategy[Contract]:
    """Any contract of a few rules, for some of the experiments."""
    return st.builds(
        Contract,
        name=st.sampled_from(["fraud", "team-1", "a"]),
        version=st.integers(1, 999_999),
        experiments=st.lists(
            st.sampled_from(["*", "plain", "it's", "p*", "é"]), min_size=1, max_size=2
        ).map(tuple),
        rules=st.lists(rules(), max_size=4, unique_by=lambda rule: rule.about).map(tuple),
        note=st.text(max_size=20).filter(
            lambda text: text == text.encode("utf-8", "replace").decode()
        ),
        is_retired=st.booleans(),
    )

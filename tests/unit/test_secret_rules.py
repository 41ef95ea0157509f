# SPDX-License-Identifier: Apache-2.0
"""What is taken for a secret, what is not, and that a finding never tells it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.domain.secret import (
    MAX_LINE,
    MAX_SEEN,
    OVERLAP,
    SecretFinding,
    SecretsFound,
    anchors,
    grouped,
    hits_in_document,
    hits_in_text,
    hits_in_value,
)
from strongroom.domain.secret_rules import BY_ID, RULES

ALNUM = string.ascii_letters + string.digits
DRAWN = "tK4wQ9mZ2xR7vB5n"
# Assembled, so that nobody's scanner takes this file for a leak.
SAMPLES = {
    "aws-access-key": "AKIA" + "IOSFODNN7EXAMPLE",
    "aws-secret-key": "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "private-key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "putty-key": "PuTTY-User-Key-" + "File-3: ssh-ed25519",
    "age-key": "AGE-SECRET-" + "KEY-1" + "Q" * 58,
    "strongroom-key": '{"aead":' + '"AES-256-GCM","ct":"…"}',
    "jwt": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "github-token": "ghp_" + ALNUM[:36],
    "gitlab-token": "glpat-" + ALNUM[:20],
    "slack-token": "xoxb-" + "1234567890-abcdefghij",
    "slack-hook": "https://hooks.slack.com/" + "services/T0000000/B0000000/" + "x" * 24,
    "google-key": "AIza" + ALNUM[:35],
    "google-token": "ya29." + ALNUM[:40],
    "azure-key": "AccountKey=" + "a" * 86 + "==",
    "hf-token": "hf_" + ALNUM[:34],
    "sk-key": "sk-" + ALNUM[:40],
    "stripe-key": "sk_live_" + ALNUM[:24],
    "npm-token": "npm_" + ALNUM[:36],
    "pypi-token": "pypi-AgE" + "IcHlwaS5vcmc" + ALNUM[:50],
    "databricks-token": "dapi" + "0123456789abcdef" * 2,
    "vault-token": "hvs." + ALNUM[:30],
    "url-password": "postgresql://ml:" + "s3cret@db.site/fraud",
    "authorization": "Authorization: Bearer " + ALNUM[:30],
    "netrc": "machine git.site login ada password " + "tulip",
    "named-password": "db_password=" + "hunter2",
    "named-token": 'api_key: "' + DRAWN + '"',
}
HARMLESS = [
    "password: str",
    "def connect(user, password=None):",
    "password = getpass.getpass()",
    "password = os.environ['DB_PASSWORD']",
    "Enter the password: twice",
    "the secret: work hard",
    "password=<your password>",
    "secret_key=${SECRET_KEY}",
    "DB_PASSWORD=********",
    "PWD=/home/ada/project",
    "private_key=/etc/keys/site.pem",
    "max_tokens=100000000000000000",
    'tokenizer: "bert-base-uncased-finetuned-2024"',
    '"pad_token": "<|endoftext|>"',
    '"eos_token": "</s>"',
    "token: 128",
    "primary_key=customer_id_2024_table",
    "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 5628bac0f0c5d9a2b3e4f5a6b7c8d9e0f1a2b3c4",
    "https://docs.site/page:8080@latest",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "loss=0.3221 val/acc=0.9412 epoch=3",
    "numpy==2.1.3 --hash=sha256:4f1cc5b8a0c1c2d9f0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7",
]


def test_every_rule_has_a_sample_and_every_anchor_is_lower_case():
    assert set(SAMPLES) | {"random-value", "too-many"} == set(BY_ID)
    assert all(anchor == anchor.lower() for rule in RULES for anchor in rule.anchors)


@pytest.mark.parametrize("rule", sorted(SAMPLES))
def test_secrets_are_found_in_text_with_their_line(rule):
    text = f"first line\n{SAMPLES[rule]}\nlast line"
    (hit,) = hits_in_text(text)
    assert (hit.rule.id, hit.place) == (rule, "line 2")


@pytest.mark.parametrize(
    "line",
    [
        f'api_key    = "{DRAWN}"',
        f"api_key\t=\t'{DRAWN}'",
        f"hub_token      : {DRAWN}",
        f'access_key         => "{DRAWN}"',
        f'api_key: str = "{DRAWN}"',
        'password: str | None = "tulip-7"',
        'db_password: string="tulip-7"',
        "password: dHVsaXAtNw==",
    ],
)
def test_values_in_columns_and_behind_a_type_are_found_in_files_too(line):
    assert len(list(hits_in_text(line))) == 1
    assert any(anchor in line.lower().encode() for anchor in anchors()), "else no file shows it"


def test_a_place_says_how_often_and_fifty_of_them_are_told_apart():
    key = SAMPLES["aws-access-key"]
    line = f"{key} {key} " + SAMPLES["npm-token"]
    told = {(hit.place, hit.rule.id) for hit in grouped(hits_in_text(line))}
    assert told == {("line 1, 2 times", "aws-access-key"), ("line 1", "npm-token")}
    many = grouped(hits_in_text("\n".join([key] * 51)))
    assert len(many) == MAX_SEEN + 1
    assert (many[-1].rule.id, many[-1].place) == ("too-many", "beyond 50 places")
    assert len(grouped(hits_in_text("\n".join([key] * 50)))) == MAX_SEEN


def test_a_secret_that_is_a_name_is_found_and_no_place_repeats_it():
    key = SAMPLES["aws-access-key"]
    hits = list(hits_in_document({"params": {key: {"password": "tulip"}}}))
    assert {(hit.place, hit.rule.id) for hit in hits} == {
        ("params", "aws-access-key"),
        ("params.….password", "named-password"),
    }


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_secret_is_left_alone(line):
    assert [hit.rule.id for hit in hits_in_text(line)] == []


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("db_password", "tulip", "named-password"),
        ("DbPassword", "tulip", "named-password"),
        ("client_secret", "tulip", "named-password"),
        ("api-key", DRAWN, "named-token"),
        ("note", "q7Zp0vX1LkM3nB8cT5rW2yH6jD4sF9aG", "random-value"),
        ("argv", "train.py --password tulip --rate 0.1", "named-password"),
        ("entry", "postgresql://ml:" + "tulip@db/fraud", "url-password"),
        ("password", "12345", ""),
        ("password", "None", ""),
        ("n_tokens", "4096", ""),
        ("commit", "5628bac0f0c5d9a2b3e4f5a6b7c8d9e0f1a2b3c4", ""),
        ("run", "0f8fad5b-d9cb-469f-a165-70867728950e", ""),
        ("image", "sha256:" + "5f2b1c" * 10 + "abcd", ""),
        ("columns", "amount,age,country,channel,merchant_id,weekday", ""),
        ("optimizer", "AdamWithWeightDecayAndWarmupSchedule", ""),
    ],
)
def test_named_values_are_judged_by_name_and_value(name, value, rule):
    found = [hit.rule.id for hit in hits_in_value(name, value, f"param {name}")]
    assert found == ([rule] if rule else [])


def test_documents_are_walked_and_places_are_paths():
    document = {"params": {"auth": {"password": "tulip"}}, "list": [{"api_key": DRAWN}]}
    assert {(hit.place, hit.rule.id) for hit in hits_in_document(document)} == {
        ("params.auth.password", "named-password"),
        ("list.api_key", "named-token"),
    }


def test_a_secret_at_any_place_of_a_long_line_is_found():
    key = SAMPLES["aws-access-key"]
    for at in (0, MAX_LINE - 10, MAX_LINE - OVERLAP - 10, MAX_LINE - 2 * OVERLAP - 9, 3 * MAX_LINE):
        line = "x " * (at // 2) + f" {key} " + "y " * MAX_LINE
        assert [hit.rule.id for hit in hits_in_text(line)] == ["aws-access-key"], at


@given(st.text(alphabet=ALNUM + "!#%&*+-", min_size=6, max_size=40))
def test_no_finding_and_no_error_tells_a_password(secret):
    found = list(hits_in_value("db_password", secret, "param db_password"))
    for hit in found:
        finding = SecretFinding(
            object="0" * 64, owner="run calm-owl", path="sealed.json", place=hit.place,
            rule=hit.rule.id, title=hit.rule.title, hint=hit.hint,
        )  # fmt: skip
        error = SecretsFound((finding,), "share")
        said = f"{finding.hint} {finding.title} {finding.id} {error} {error.title} {error.details}"
        assert secret not in said.replace("db_password", "").replace("param", "")


@pytest.mark.parametrize(
    "text",
    [
        "password=" * 100_000,
        "a" * 1_000_000,
        "eyJ" + "a" * 500_000 + "." + "eyJ" * 100_000,
        "aws " * 200_000,
        "://" * 200_000,
        "-----BEGIN " + "A " * 200_000,
        'token: "' + "\\" * 500_000,
    ],
)
def test_no_text_makes_a_pattern_go_back_and_forth_for_ever(text):
    # One that did would not end before the whole run is stopped; these take milliseconds.
    assert all(hit.place == "line 1" for hit in hits_in_text(text))

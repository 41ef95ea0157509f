# SPDX-License-Identifier: Apache-2.0
"""What secrets look like: patterns of keys and tokens, and words that name a password.

* A rule with an anchor is tried only where its anchor stands, so that large texts are read fast.
* Certain rules know a secret by its own form; the others need a name beside it that says so.
* Patterns are bounded: no text makes them slow.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass

MIN_PASSWORD = 4  # characters; shorter values are numbers and switches
MIN_TOKEN = 16  # shorter ones are guessed, so nobody issues them
MIN_RANDOM = 32  # a value without a telling name must be as long as a key
TOKEN_BITS = 3.0  # bits a character of a token that a name announces
RANDOM_BITS = 4.3  # bits a character of a value that nothing announces; hexadecimal has 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRule:
    """One kind of secret: its id, what people call it, its pattern and the texts it hangs on.

    ``anchors`` are lower-case; one of them stands in every match. ``shown`` is how many leading
    characters tell the kind of key and not the key.
    """

    id: str
    title: str
    pattern: re.Pattern[str]
    anchors: tuple[str, ...]
    is_certain: bool = True
    shown: int = 0


def _rule(
    id_: str, title: str, pattern: str, *anchors: str, is_certain: bool = True, shown: int = 0
) -> SecretRule:
    return SecretRule(
        id=id_,
        title=title,
        pattern=re.compile(pattern),
        anchors=anchors,
        is_certain=is_certain,
        shown=shown,
    )


RULES: tuple[SecretRule, ...] = (
    _rule("private-key", "a private key",
          r"(-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----)", "private key"),
    _rule("putty-key", "a PuTTY private key", r"(PuTTY-User-Key-File-\d)", "putty-user-key-file"),
    _rule("age-key", "an age identity", r"\b(AGE-SECRET-KEY-1[0-9A-Z]{50,60})",
          "age-secret-key-1", shown=15),
    _rule("strongroom-key", "a key file of Strongroom",
          r'("aead"\s{0,4}:\s{0,4}"AES-256-GCM")', '"aead"'),
    _rule("aws-access-key", "an AWS access key", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\b",
          "akia", "asia", "abia", "acca", shown=4),
    _rule("aws-secret-key", "an AWS secret key",
          r"(?i)aws.{0,20}(?:secret|key).{0,20}[\"'=:\s]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
          "aws"),
    _rule("jwt", "a JSON web token",
          r"\b(eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{8,1000})", "eyj",
          shown=3),
    _rule("github-token", "a GitHub token",
          r"\b(gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{50,251})",
          "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", shown=4),
    _rule("gitlab-token", "a GitLab token", r"\b(gl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_-]{20,64})",
          "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", shown=5),
    _rule("slack-token", "a Slack token", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,250})", "xox", shown=4),
    _rule("slack-hook", "a Slack hook",
          r"(hooks\.slack\.com/services/[A-Z0-9]{6,20}/[A-Z0-9]{6,20}/\w{16,40})",
          "hooks.slack.com", shown=15),
    _rule("google-key", "a Google API key", r"\b(AIza[A-Za-z0-9_-]{35})", "aiza", shown=4),
    _rule("google-token", "a Google OAuth token", r"\b(ya29\.[A-Za-z0-9_-]{20,400})",
          "ya29.", shown=4),
    _rule("azure-key", "an Azure storage key",
          r"(?i)AccountKey=([A-Za-z0-9+/]{86}==)", "accountkey="),
    _rule("hf-token", "a Hugging Face token", r"\b(hf_[A-Za-z0-9]{30,64})\b", "hf_", shown=3),
    _rule("sk-key", "an API key that begins with sk-",
          r"\b(sk-(?:[a-z]{2,8}-)?[A-Za-z0-9_-]{32,200})", "sk-", shown=3),
    _rule("stripe-key", "a Stripe key", r"\b([sr]k_live_[A-Za-z0-9]{16,250})",
          "sk_live_", "rk_live_", shown=8),
    _rule("npm-token", "an npm token", r"\b(npm_[A-Za-z0-9]{36})\b", "npm_", shown=4),
    _rule("pypi-token", "a PyPI token", r"\b(pypi-AgE[A-Za-z0-9_-]{50,400})", "pypi-age", shown=5),
    _rule("databricks-token", "a Databricks token", r"\b(dapi[0-9a-f]{32})\b", "dapi", shown=4),
    _rule("vault-token", "a Vault token", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,200})",
          "hvs.", "hvb.", "hvr.", shown=4),
    _rule("url-password", "a password in an address",
          r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@'\"<>]{0,100}:([^\s/@'\"<>{}$]{3,200})@", "://",
          is_certain=False),
    _rule("authorization", "an authorization header",
          r"(?i)authorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:bearer|basic|token)\s{1,4}"
          r"([A-Za-z0-9._~+/=-]{16,2000})", "authorization", is_certain=False),
    _rule("netrc", "a password of netrc",
          r"\bmachine\s{1,8}\S{1,200}\s{1,8}login\s{1,8}\S{1,200}\s{1,8}password\s{1,8}(\S{1,200})",
          "machine", is_certain=False),
)  # fmt: skip
"""Secrets that are known by their own form or the words around them."""


def _before_a_value(word: str) -> tuple[str, ...]:
    """Returns how the end of a name stands before its value; the bare word is in every log."""
    signs = ("=", ":", '"', "'", " =", " :", "  ", "\t")  # the last two where values are aligned
    return (*(f"{word}{sign}" for sign in signs), f"-{word} ")


PASSWORD = SecretRule(
    id="named-password",
    title="a password",
    pattern=re.compile(
        r"(?i)(?:password|passwd|passphrase|pwd|private[_-]?key|secret(?:[_-]?key)?)\Z"
    ),
    anchors=("passw", "passphrase", "pwd", "secret", *_before_a_value("key")),
    is_certain=False,
)
"""Names of passwords: a name ends so, as ``db_password`` and ``client_secret`` do."""

TOKEN = SecretRule(
    id="named-token",
    title="a token or key",
    pattern=re.compile(
        r"(?i)(?<![A-Za-z])(?:(?:access|api|auth|bearer|refresh|bot|session|deploy)[_-]?(?:key|token)"
        r"|apikey|credentials?|account[_-]?key|token)\Z"
    ),
    anchors=("credential", *_before_a_value("key"), *_before_a_value("token")),
    is_certain=False,
)
"""Names of tokens; ``token`` alone is a word of language models too, so its value is looked at."""

RANDOM = SecretRule(
    id="random-value",
    title="a value as random as a key",
    pattern=re.compile(r"([A-Za-z0-9_-]{32,200}|[A-Za-z0-9+/]{32,200}={0,2})\Z"),
    anchors=(),
    is_certain=False,
)
"""A whole value without a telling name that nobody would type."""

TOO_MANY = SecretRule(
    id="too-many",
    title="more than can be shown",
    pattern=re.compile(r"(?!)"),
    anchors=(),
)
"""What goes beyond the places that are shown of one content: nobody can judge it, or let it out."""

BY_ID = {rule.id: rule for rule in (*RULES, PASSWORD, TOKEN, RANDOM, TOO_MANY)}
"""Every rule by its id."""

_PLACEHOLDER = re.compile(
    r"(?i)[<\[({$%].*|.*[>\])}]|(?:x|\*|\.|-|_|•|0)+|none|null|nil|true|false|n/?a|unset|empty"
    r"|redacted|masked|hidden|removed|omitted|secret|password|token|env(?:iron)?\b.*|os\..*"
    r"|your[_-]?.*|prompt|ask|keyring|file|required|optional|string|str|bytes|\d{1,9}"
)
_HEX = re.compile(r"(?i)(?:[0-9a-z]+[:-])?[0-9a-f-]+")


def is_placeholder(value: str) -> bool:
    """Whether a value only stands where a secret would: ``<token>``, ``****``, ``None``."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None


def is_password(value: str) -> bool:
    """Whether a value under the name of a password may be one; a path only says where it lies."""
    is_path = value.startswith(("/", "~", "./", "../"))
    return len(value) >= MIN_PASSWORD and not is_path and not is_placeholder(value)


def is_token(value: str) -> bool:
    """Whether a value under the name of a token is one: long, of one piece, letters and digits."""
    return (
        len(value) >= MIN_TOKEN
        and not any(character.isspace() for character in value)
        and any(character.isdigit() for character in value)
        and any(character.isalpha() for character in value)
        and "/" not in value[:2]
        and entropy_bits(value) >= TOKEN_BITS
        and not is_placeholder(value)
    )


def is_random(value: str) -> bool:
    """Whether a value without a telling name looks drawn: no digest, no id, no sentence."""
    return (
        len(value) >= MIN_RANDOM
        and RANDOM.pattern.fullmatch(value) is not None
        and any(character.isdigit() for character in value)
        and any(character.isupper() for character in value)
        and any(character.islower() for character in value)
        and _HEX.fullmatch(value) is None
        and entropy_bits(value) >= RANDOM_BITS
    )


def entropy_bits(value: str) -> float:
    """Returns the Shannon entropy of the characters of a value, in bits a character."""
    if not value:
        return 0.0
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)

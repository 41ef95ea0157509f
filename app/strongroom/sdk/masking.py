# SPDX-License-Identifier: Apache-2.0
"""Takes what looks like a secret out of what is captured without being asked for.

* Nobody chose to log the command line, the script or the difference to the commit: so a secret in
  them is neither kept here nor what stops the next exchange. What a person logs is not touched.
* The rules are those of the exchange (`domain.secret`); what was taken out is said where it stood.
* Only a text with an anchor of a rule is looked at closely; the rules are not loaded otherwise.
"""

import re
from collections.abc import Sequence

LEFT_OUT = "[left out: it looks like a secret]"
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY")
_PRIVATE = re.compile(
    r"(?i)(^|/)("
    r"\.env(\..*)?|\.netrc|\.pgpass|\.pypirc|\.npmrc|\.git-credentials|\.htpasswd"
    r"|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk)"
    r"|(.*[._-])?(credentials?|secrets?)(\.[a-z0-9]{1,8})?"
    r")$"
)


def is_private_name(path: str) -> bool:
    """Whether a file's name says that it holds secrets: ``.env``, a key, credentials."""
    return _PRIVATE.search(path) is not None


def masked_text(text: str) -> tuple[str, int]:
    """Returns a text without the lines that seem to hold a secret, and how many there were.

    A line of a difference keeps its sign, so that it still reads as one.
    """
    from strongroom.domain.secret import anchors, hits_in_text

    lowered = text.lower()
    wanted = [anchor.decode() for anchor in anchors()]
    if not any(anchor in lowered for anchor in wanted):
        return text, 0
    lines, count, is_key = text.split("\n"), 0, False
    for at, line in enumerate(lines):
        is_key = is_key or _KEY_BEGIN.search(line) is not None
        low = line.lower()
        if is_key or (any(anchor in low for anchor in wanted) and any(hits_in_text(line))):
            sign = line[0] if line[:1] in {"+", "-", " "} else ""
            lines[at] = sign + LEFT_OUT
            count += 1
        is_key = is_key and _KEY_END.search(line) is None
    return "\n".join(lines), count


def masked_arguments(arguments: Sequence[str]) -> list[str]:
    """Returns a command line whose values that seem to be secrets are left out."""
    from strongroom.domain.secret import hits_in_text

    found: list[str] = []
    before = ""
    for argument in arguments:
        is_value = before.startswith("-") and "=" not in before
        if is_value and any(hits_in_text(f"{before} {argument}")):
            found.append(LEFT_OUT)
        elif any(hits_in_text(argument)):
            name, sign, _ = argument.partition("=")
            found.append(f"{name}={LEFT_OUT}" if sign and not any(hits_in_text(name)) else LEFT_OUT)
        else:
            found.append(argument)
        before = argument
    return found

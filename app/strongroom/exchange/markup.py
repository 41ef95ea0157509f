# SPDX-License-Identifier: Apache-2.0
"""HTML that cannot be injected into: text becomes markup only through `tag`, which escapes it.

* A plain `str` is always text. Only `tag` and `page` make `Html`, and only `Html` goes in as it is.
* Invisible and direction characters of foreign text are spelled out; a line break stays one.
"""

import html
from collections.abc import Iterable

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Html(str):
    """Markup that was made here."""

    __slots__ = ()


def text(value: str) -> Html:
    """Returns foreign text as markup that shows it and does nothing."""
    shown = "".join(
        character if character.isprintable() or character == "\n" else f"\\u{ord(character):04x}"
        for character in value.replace("\r\n", "\n")
    )
    return Html(html.escape(shown, quote=True))


def join(parts: Iterable[str]) -> Html:
    """Returns parts one after the other; what is not markup is escaped."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts))


def tag(name: str, *inside: str, css: str = "") -> Html:
    """Returns an element with what is inside it; what is not markup is escaped.

    Args:
        name: The element's name, written in this program.
        inside: Text or markup.
        css: A class of the style sheet.
    """
    opening = f'{name} class="{html.escape(css, quote=True)}"' if css else name
    return Html(f"<{opening}>{join(inside)}</{name}>")


def page(title: str, style: str, body: Html) -> str:
    """Returns a whole page that loads nothing and runs nothing.

    Args:
        title: Foreign text.
        style: A style sheet that ships with the product.
        body: The markup of the body.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )

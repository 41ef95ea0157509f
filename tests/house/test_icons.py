"""Every icon that is named in the code exists, so no paint fails for a missing file."""

import ast

from support.checkout import APP, ROOT

ICONS = {path.stem for path in (ROOT / "resources" / "icons").glob("*.svg")}
POSITIONS = {"Button": 2, "EmptyState": 3, "add_action": 2, "set_reason": 2, "PersonCell": 1,
             "BadgeCell": 2, "Badge": 2, "show_outcome": 4}  # fmt: skip


def test_every_icon_that_is_named_exists():
    missing = []
    for path in sorted((APP / "desktop").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            given = [k.value for k in node.keywords if k.arg in {"icon", "icon_name"}]
            at = POSITIONS.get(name)
            if at is not None and len(node.args) > at:
                given.append(node.args[at])
            missing += [
                f"{path.name}:{value.lineno} {value.value}"
                for value in given
                if isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and value.value
                and value.value not in ICONS
            ]
    assert not missing, "add the SVG to resources/icons"


def test_the_check_reads_icons_at_all():
    assert "flask-conical" in ICONS

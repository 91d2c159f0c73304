"""A declaration that does not fit its schema is refused with file, line, key and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from martech.declarations.reader import DeclarationError, read_declaration

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": "a name"},
        "columns": {"type": "array", "items": {"$ref": "#/$defs/column"}},
        "plain": {"type": "integer"},
    },
    "$defs": {
        "column": {
            "type": "object",
            "additionalProperties": False,
            "required": ["to", "share"],
            "properties": {"to": {"type": "string"}, "share": {"$ref": "#/$defs/share"}},
        },
        "share": {"type": "number", "maximum": 1, "description": "a share from 0 to 1"},
    },
}


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "thing.schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "thing.yml:1: the document: None is not of type 'object'. Write object."),
        ("plain: 1\n", "thing.yml:1: the document: 'name' is a required property. Add `name:` (a name)."),
        ("name: x\n\nplane: 1", "thing.yml:3: plane: Additional properties are not allowed ('plane' was unexpected). "
         "Use only: name, columns, plain."),
        ("name: 5", "thing.yml:1: name: 5 is not of type 'string'. Write a name."),
        ("name: x\ncolumns:\n  - {to: a, share: 0.5}\n  - to: b\n    share: 5",
         "thing.yml:5: columns.1.share: 5 is greater than the maximum of 1. Write a share from 0 to 1."),
        ("name: x\ncolumns:\n  - {share: 0}",
         "thing.yml:3: columns.0: 'to' is a required property. Add `to:` (string)."),
        ("name: x\ncolumns: [{to: a}]",
         "thing.yml:2: columns.0: 'share' is a required property. Add `share:` (a share from 0 to 1)."),
        ('name: x\nplain: "', "thing.yml:2: this is not YAML (found unexpected end of stream). "
         "Check the indentation and quotes of this line and the one above."),
    ],
)  # fmt: skip
def test_message_has_line_key_and_remedy(tmp_path: Path, schema: Path, text: str, message: str) -> None:
    (tmp_path / "thing.yml").write_text(text)
    with pytest.raises(DeclarationError) as error:
        read_declaration(tmp_path / "thing.yml", schema)
    assert str(error.value) == f"{tmp_path}/{message}"


def test_missing_file_is_named(tmp_path: Path, schema: Path) -> None:
    with pytest.raises(DeclarationError, match=r"nowhere.yml:1: the file cannot be read: No such file .* Create it"):
        read_declaration(tmp_path / "nowhere.yml", schema)


def test_long_value_does_not_fill_the_message(tmp_path: Path, schema: Path) -> None:
    (tmp_path / "thing.yml").write_text(f"name: [{'x' * 5000}]")
    with pytest.raises(DeclarationError) as error:
        read_declaration(tmp_path / "thing.yml", schema)
    assert len(str(error.value)) < 300 + len(str(tmp_path))
    assert str(error.value).endswith("... Write a name.")


def test_own_errors_name_the_nearest_line(tmp_path: Path, schema: Path) -> None:
    (tmp_path / "thing.yml").write_text("name: x\ncolumns:\n  - to: a\n    share: 0")
    declaration = read_declaration(tmp_path / "thing.yml", schema)
    assert declaration.values == {"name": "x", "columns": [{"to": "a", "share": 0}]}
    error = declaration.error(("columns", 0, "decimals"), "it has none", "Add decimals.")
    assert str(error) == f"{tmp_path}/thing.yml:3: columns.0.decimals: it has none. Add decimals."

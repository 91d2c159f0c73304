"""Reads a declaration: a YAML file whose shape a JSON schema describes.

Editors complete and check against the same schema while one types. Its descriptions are the remedies in messages, so
write them to follow "Write": ``a share from 0 to 1``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

# Where a value stands: keys, and positions in lists.
YamlPath = tuple[str | int, ...]
LONGEST_MESSAGE = 200


class DeclarationError(ValueError):
    """A declaration cannot be used; the message names file, line, key and the remedy."""


@dataclass(frozen=True)
class Declaration:
    """A file that fits its schema.

    :param path: the file.
    :param values: its content.
    :param lines: the line of every value.
    """

    path: Path
    values: Any
    lines: Mapping[YamlPath, int] = field(repr=False)

    def error(self, at: YamlPath, problem: str, remedy: str) -> DeclarationError:
        """Return the error for a value, or for one that is missing.

        :param at: keys and positions that lead to it.
        :param problem: what is wrong, without a full stop.
        :param remedy: what to write instead, a sentence.
        """
        known = at
        while known not in self.lines:
            known = known[:-1]
        where = ".".join(map(str, at)) or "the document"
        return DeclarationError(f"{self.path}:{self.lines[known]}: {where}: {problem}. {remedy}")


@cache
def load_schema(path: Path) -> dict[str, Any]:
    """Return a JSON schema; a file is read once per process.

    :param path: the file, beside what it describes.
    """
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema


def read_declaration(path: Path, schema_path: Path) -> Declaration:
    """Read a declaration and check its shape.

    :param path: the YAML file.
    :param schema_path: the JSON schema.
    :raises DeclarationError: where the file cannot be read, is not YAML, or does not fit the schema.
    """
    schema = load_schema(schema_path)
    declaration = _parsed(path)
    mismatch = best_match(Draft202012Validator(schema).iter_errors(declaration.values))
    if mismatch is None:
        return declaration
    at = tuple(mismatch.absolute_path)
    if mismatch.validator == "additionalProperties":
        known = _known_keys(mismatch.schema)
        at = (*at, next(key for key in mismatch.instance if key not in known))
    message = mismatch.message
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[: LONGEST_MESSAGE - 3]}..."
    raise declaration.error(at, message, _remedy(mismatch, schema, schema_path.name))


def _parsed(path: Path) -> Declaration:
    try:
        text = path.read_text()
    except OSError as error:
        raise DeclarationError(f"{path}:1: the file cannot be read: {error.strerror}. Create it.") from error
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
        return Declaration(path, yaml.safe_load(text), _lines(document) if document else {(): 1})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DeclarationError(
            f"{path}:{mark.line + 1 if mark else 1}: this is not YAML ({getattr(error, 'problem', error)}). "
            "Check the indentation and quotes of this line and the one above."
        ) from error


def _lines(node: yaml.Node, path: YamlPath = ()) -> dict[YamlPath, int]:
    lines = {path: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= _lines(value, (*path, key.value))
            # A wrong key is reported where it is written, not where its value starts.
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*path, index))
    return lines


def _known_keys(schema: Any) -> Mapping[str, Any]:
    keys: Mapping[str, Any] = schema.get("properties", {})
    return keys


def _remedy(error: ValidationError, schema: Mapping[str, Any], schema_name: str) -> str:
    def described(part: Any) -> str:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rsplit("/", 1)[-1]]
        return part.get("description") or part.get("type") or f"what {schema_name} asks for"

    part: Any = error.schema
    known = _known_keys(part)
    if error.validator == "additionalProperties":
        return f"Use only: {', '.join(known)}."
    if error.validator == "required":
        required: Any = error.validator_value
        given: Any = error.instance
        missing = [name for name in required if name not in given]
        keys = [f"`{name}:` ({described(known[name])})" if name in known else f"`{name}:`" for name in missing]
        return f"Add {', '.join(keys)}."
    return f"Write {described(part)}."

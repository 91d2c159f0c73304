"""Walks over the analyzer's trees. Their protobufs nest: a node's own fields, its parents', and wrappers of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

# Messages below a node that are facts about it, not nodes.
FACTS = {
    "TypeProto",
    "ResolvedColumnProto",
    "FunctionRefProto",
    "FunctionSignatureProto",
    "ParseLocationRangeProto",
    "TableRefProto",
    "ValueWithTypeProto",
    "TypeParametersProto",
}
Path = tuple[tuple[Message, str], ...]


def leaf(message: Message) -> Message:
    """Return the node inside its wrappers (``AnyResolvedScan`` and the like)."""
    while "node" in message.DESCRIPTOR.oneofs_by_name and message.WhichOneof("node"):
        message = getattr(message, message.WhichOneof("node"))
    return message


def kind(message: Message) -> str:
    """Return the kind of a node, such as ``ResolvedTableScan``."""
    return message.DESCRIPTOR.name.removesuffix("Proto")


def _levels(node: Message) -> Iterator[Message]:
    """Yield a node and the messages that hold its parents' fields."""
    while True:
        yield node
        if "parent" not in node.DESCRIPTOR.fields_by_name or not node.HasField("parent"):
            return
        node = leaf(node.parent)


def get(node: Message, field: str) -> Any:
    """Return a field of a node, or of one of its parents; None where it has no such field."""
    for level in _levels(node):
        if field in level.DESCRIPTOR.fields_by_name:
            return getattr(level, field)
    return None


def has(node: Message, field: str) -> bool:
    """Whether a node has a field, its own or a parent's, that is set."""
    return any(field in level.DESCRIPTOR.fields_by_name and level.HasField(field) for level in _levels(node))


def children(node: Message) -> Iterator[tuple[str, Message]]:
    """Yield the nodes directly below a node, each with the name of its field."""
    for level in _levels(node):
        for field, value in level.ListFields():
            if field.name == "parent" or field.message_type is None or field.message_type.name in FACTS:
                continue
            for child in value if field.is_repeated else (value,):
                yield field.name, leaf(child)


def walk(node: Message, above: Path = ()) -> Iterator[tuple[Message, Path]]:
    """Yield a node and all below it, each with the nodes above it and the fields that lead down.

    :param node: where to start; it may be wrapped.
    """
    node = leaf(node)
    yield node, above
    for field, child in children(node):
        yield from walk(child, (*above, (node, field)))


def span(node: Message) -> tuple[int, int]:
    """Return where a parsed node stands in the text: first byte, and the byte after its last."""
    where = get(node, "parse_location_range")
    return where.start, where.end


def function_name(node: Message) -> str:
    """Return the name of the function that a resolved node calls, without its group: ``$equal``."""
    return get(node, "function").name.split(":")[-1]


def conjuncts(condition: Message) -> Iterator[Message]:
    """Yield the conditions that ``AND`` puts together in a resolved condition."""
    node = leaf(condition)
    if kind(node) == "ResolvedFunctionCall" and function_name(node) == "$and":
        for argument in get(node, "argument_list"):
            yield from conjuncts(argument)
    else:
        yield node


def columns_read(expression: Message) -> set[int]:
    """Return the ids of the columns that a resolved expression reads."""
    return {node.column.column_id for node, _ in walk(expression) if kind(node) == "ResolvedColumnRef"}

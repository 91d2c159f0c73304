"""Cutting changes into requests. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in order, ``size`` at a time; the last batch may be smaller.

    :raises ValueError: for a size below 1.
    """
    if size < 1:
        raise ValueError(f"A batch of {size} holds nothing: give a size of 1 or more.")
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def halves(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    """Split a batch that was refused as a whole, to close in on the item that is to blame.

    :raises ValueError: for fewer than two items.
    """
    if len(items) < 2:
        raise ValueError("A batch of fewer than two items cannot be split.")
    middle = len(items) // 2
    return items[:middle], items[middle:]

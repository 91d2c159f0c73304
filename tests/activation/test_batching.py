"""Batching, by properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from martech.activation.batching import batches, halves


@given(st.lists(st.integers()), st.integers(1, 50))
def test_batches_keep_every_item_in_order(items, size):
    cut = list(batches(items, size))
    assert [item for batch in cut for item in batch] == items
    assert all(len(batch) == size for batch in cut[:-1])
    assert all(1 <= len(batch) <= size for batch in cut)


@given(st.lists(st.integers(), min_size=2))
def test_halves_keep_every_item_and_are_smaller(items):
    first, second = halves(items)
    assert [*first, *second] == items
    assert 0 < len(first) < len(items)


def test_an_impossible_batch_is_refused():
    with pytest.raises(ValueError, match="size of 1 or more"):
        list(batches([1], 0))
    with pytest.raises(ValueError, match="cannot be split"):
        halves([1])

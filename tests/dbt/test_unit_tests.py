"""dbt's unit tests, which stand beside the models: each hard rule on rows written by hand, on two engines."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest

from include.pipeline.dbt_manifest import load_manifest
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.embedded import SAMPLE_PROJECT

# They normalize Unicode, for which the reference engine has no tables here.
UNCOMPARED = {
    "a_mailbox_names_the_employer",
    "junk_and_shared_values_are_not_compared",
    "records_carry_the_links_of_their_source",
    "values_are_normalized",
    "what_a_visitor_did_long_ago_is_taken_from_its_record",
}


@pytest.fixture(scope="module")
def comparing(
    built_sample: Path,
    serve_warehouse: Callable[..., AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DbtWarehouse]:
    """The built sample in a warehouse that compares what it answers with GoogleSQL's reference engine."""
    copy = tmp_path_factory.mktemp("comparing")
    shutil.copytree(built_sample, copy, dirs_exist_ok=True)
    with serve_warehouse(copy / "data", googlesql="compare") as url:
        yield DbtWarehouse(SAMPLE_PROJECT, url, copy / "dbt")


def compared(warehouse: DbtWarehouse) -> int:
    """Return how many jobs have been compared."""
    jobs = warehouse.client.list_jobs(max_results=10_000)
    return sum(bool(job._properties["statistics"].get("query", {}).get("comparedWithReferenceEngine")) for job in jobs)


def test_every_unit_test_passes_on_both_engines(comparing: DbtWarehouse) -> None:
    before = compared(comparing)
    # dbt takes the columns of what a unit test is given from the tables.
    said = comparing.dbt("test", "--select", "test_type:unit", start=LAST_DAY, end=LAST_DAY)
    written = len(load_manifest(comparing.manifest)["unit_tests"])
    assert f"PASS={written} WARN=0 ERROR=0 SKIP=0" in said
    assert compared(comparing) - before >= written - len(UNCOMPARED)


def test_a_difference_between_the_engines_fails(comparing: DbtWarehouse) -> None:
    with pytest.raises(BadRequest, match="answers otherwise than GoogleSQL"):
        comparing.query('select json_value(j[0].code) as code from (select json \'[{"code": "a"}]\' as j)')

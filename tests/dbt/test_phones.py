"""National phone numbers of every country, against libphonenumber: its examples, and its own reading of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import phonenumbers
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from jinja2 import Environment
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from include.pipeline.settings import DBT_DIR
from tools.phone_regions import SEED, phone_regions

KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
MACROS = "".join((DBT_DIR / f"macros/text/{name}.sql").read_text() for name in ("phone_digits", "normalize_phone"))
SQL = Environment(autoescape=False).from_string(  # noqa: S701 - SQL, not HTML
    MACROS
    + """
    with regions as (
        {% for region in regions %}
        select {% for name, value in region.items() %}{{ value }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ),
    numbers as (
        {% for country, phone in numbers %}
        select {{ country }} as country_code, {{ phone }} as phone {{ 'union all' if not loop.last }}
        {% endfor %}
    ),
    located as (
        select numbers.phone, regions.*, {{ phone_digits('numbers.phone', 'regions') }} as digits
        from numbers left join regions on numbers.country_code = regions.country_code
    )
    select country_code, phone, {{ normalize_phone('digits', 'located') }} as normalized from located"""
)


def literal(text: str) -> str:
    """Return a STRING literal; NULL where there is no text."""
    return f"r'''{text}'''" if text else "cast(null as string)"


def national_examples() -> list[tuple[str, str, str]]:
    """Return region, number as it is written there, and the same in E.164, for fixed and mobile numbers."""
    examples = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS:
            if number := phonenumbers.example_number_for_type(region, kind):
                written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
                examples.append((region, written, phonenumbers.format_number(number, PhoneNumberFormat.E164)))
    return examples


@pytest.fixture(scope="module")
def reference(serve_warehouse: Callable[..., AbstractContextManager[str]]) -> Iterator[bigquery.Client]:
    """A client of GoogleSQL's reference engine."""
    with serve_warehouse(googlesql="compile") as url:
        yield bigquery.Client("phones", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})


@pytest.fixture(scope="module")
def embedded(warehouse_url: str) -> bigquery.Client:
    """A client of the embedded warehouse."""
    return bigquery.Client("phones", credentials=AnonymousCredentials(), client_options={"api_endpoint": warehouse_url})


def normalized(client: bigquery.Client, numbers: list[tuple[str, str]]) -> list[str | None]:
    """Return numbers as the macros write them, in their order.

    :param numbers: country code and number.
    """
    with SEED.open() as file:
        regions = [
            {name: value if name == "calling_code" else literal(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        ]
    sql = SQL.render(regions=regions, numbers=[(literal(country), literal(phone)) for country, phone in numbers])
    found = {(row["country_code"], row["phone"]): row["normalized"] for row in client.query(sql).result()}
    return [found[number] for number in numbers]


def test_the_seed_is_libphonenumbers() -> None:
    assert SEED.read_text() == phone_regions()


@pytest.mark.parametrize("engine", ["reference", "embedded"])
def test_examples_of_every_country(engine: str, request: pytest.FixtureRequest) -> None:
    examples = national_examples()
    found = normalized(request.getfixturevalue(engine), [(region, written) for region, written, _ in examples])
    wrong = [(*example, number) for example, number in zip(examples, found, strict=True) if number != example[2]]
    assert len(examples) > 450
    assert len(wrong) <= 0.01 * len(examples), wrong
    assert [one for one in wrong if one[3]] == []  # rather no number than somebody else's

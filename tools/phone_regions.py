"""Write the seed ``phone_regions.csv`` from libphonenumber's metadata: ``python -m tools.phone_regions``.

Source: the PyPI package ``phonenumbers``, a port of Google's libphonenumber. How the columns are used is in
``include/dbt/macros/text/normalize_phone.sql``.
"""

from __future__ import annotations

import csv
import io
import sys

from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata

from include.pipeline.settings import DBT_DIR

SEED = DBT_DIR / "seeds" / "phone_regions.csv"
COLUMNS = ("country_code", "calling_code", "national_prefix", "prefix_rule", "national_number")


def plain(expression: str | None) -> str:
    """Return an expression without backslashes, which dbt would not escape in a unit test."""
    return (expression or "").replace(r"\d", "[0-9]")


def phone_regions() -> str:
    """Return the seed: by region the calling code, what is dialled before a number at home, and how numbers look."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for region in sorted(SUPPORTED_REGIONS):
        known = PhoneMetadata.metadata_for_region(region)
        writer.writerow(
            (
                region,
                known.country_code,
                plain(known.national_prefix_for_parsing),
                (known.national_prefix_transform_rule or "").replace("\\", "$"),
                plain(known.general_desc.national_number_pattern),
            )
        )
    return text.getvalue()


def main() -> int:
    """Write the seed; return the exit code."""
    SEED.write_text(phone_regions())
    return 0


if __name__ == "__main__":
    sys.exit(main())

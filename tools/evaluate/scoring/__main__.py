"""``python -m tools.evaluate.scoring --truth DIR``: compare lead scores with what the sample's leads went on to do.

The warehouse must hold gold built from the sample sources that wrote ``DIR/truth/leads.ndjson``. Every forecast is
measured by days that it has not learnt from: forecasts about open leads by what comes after the newest day of the
warehouse, forecasts about new leads of the last weeks are made with what was known before those weeks.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from google.api_core.exceptions import GoogleAPIError

from include.pipeline.settings import settings
from tools.evaluate.scoring.calibration import Calibration, Forecast, calibrate
from tools.sample_sources.loader import warehouse_client

HORIZON_DAYS = int(settings.variables.get("scoring_conversion_horizon_days", 30))

# Leads that are open on the newest day; sales has given up most of those that are weeks old.
OPEN_LEADS_SQL = """
    select lead_id, score_date as observed_date, conversion_probability
    from `{lead_scores}`
    where not is_converted
"""
WORKED_LEADS_SQL = OPEN_LEADS_SQL + " and qualification_status not in ('disqualified', 'nurture')"
# Leads on their day of creation and three days later, by a calibration fitted before those days.
NEW_LEADS_SQL = """
    select observed.lead_id, observed.observed_date, calibration.conversion_probability
    from `{observed}` as observed
    inner join `{calibration}` as calibration
        on
            observed.observed_date > calibration.fitted_date
            and observed.lead_score >= calibration.score_from
            and observed.lead_score < calibration.score_to
            and observed.age_days >= calibration.age_from
            and observed.age_days < calibration.age_to
    where
        not observed.is_current
        and calibration.fitted_date = (select min(fitted_date) from `{calibration}`)
"""
QUERIES = {"open leads": OPEN_LEADS_SQL, "open leads, worked": WORKED_LEADS_SQL, "new leads": NEW_LEADS_SQL}


def read_truth(directory: Path) -> dict[str, date | None]:
    """Return the day on which each lead of the sample converts, None for those that never do.

    :param directory: what ``tools.sample_sources generate`` wrote.
    """
    days = {}
    with (directory / "truth" / "leads.ndjson").open() as lines:
        for line in lines:
            lead = json.loads(line)
            converts_at = lead.get("converts_at")
            days[lead["lead_id"]] = datetime.fromisoformat(converts_at).date() if converts_at else None
    return days


def measure(rows: list[dict[str, Any]], truth: dict[str, date | None]) -> Calibration:
    """Compare forecasts with the truth.

    :param rows: lead_id, observed_date and conversion_probability.
    """
    forecasts = []
    for row in rows:
        if row["lead_id"] in truth:
            converts = truth[row["lead_id"]]
            last_day = row["observed_date"] + timedelta(days=HORIZON_DAYS)
            outcome = converts is not None and row["observed_date"] < converts <= last_day
            forecasts.append(Forecast(float(row["conversion_probability"]), outcome, row["lead_id"]))
    return calibrate(forecasts)


def show(title: str, result: Calibration) -> None:
    """Print the figures."""
    auc, skill = ("–" if figure is None else f"{figure:.3f}" for figure in (result.auc, result.skill))
    print(f"{title}: {result.count} forecasts, {result.base_rate:.1%} converted within {HORIZON_DAYS} days")
    print(f"  Brier {result.brier:.4f} (base rate alone {result.brier_of_base_rate:.4f}), skill {skill}, AUC {auc}")
    difference = result.brier - result.brier_of_base_rate
    interval = f"{result.difference_from:+.4f} to {result.difference_to:+.4f}"
    verdict = (
        "better than" if result.difference_to < 0 else "worse than" if result.difference_from > 0 else "no surer than"
    )
    print(f"  difference {difference:+.4f}, 90% interval {interval}: {verdict} the base rate")
    print("  reliability    n  forecast  observed")
    for row in result.bins:
        print(f"            {row.count:6d}  {row.forecast:8.3f}  {row.observed:8.3f}")


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure lead scores by the sample's truth.")
    parser.add_argument("--truth", type=Path, required=True, help="directory that `generate` wrote")
    parser.add_argument("--project", default=settings.project_id, help="Google Cloud project")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    client = warehouse_client(arguments.project)
    gold, intermediate = (f"{arguments.project}.{settings.layers[name].dataset}" for name in ("gold", "intermediate"))
    tables = {
        "lead_scores": f"{gold}.lead_scores",
        "observed": f"{intermediate}.int_leads__observed",
        "calibration": f"{intermediate}.int_leads__calibration",
    }
    try:
        truth = read_truth(arguments.truth)
        results = {
            title: measure([dict(row) for row in client.query(sql.format(**tables)).result()], truth)
            for title, sql in QUERIES.items()
        }
    except (FileNotFoundError, ValueError) as error:
        print(f"{error} Generate a sample, load it and build gold first.", file=sys.stderr)
        return 1
    except GoogleAPIError as error:
        print(f"The warehouse says: {error}. Build gold first.", file=sys.stderr)
        return 1
    for title, result in results.items():
        show(title, result)
    if arguments.json:
        arguments.json.write_text(json.dumps({title: asdict(result) for title, result in results.items()}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

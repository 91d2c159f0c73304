"""Check a table by its profile, its partitions and its columns. Nothing here talks to the warehouse.

Existence, landing times and columns of a raw table are checked by the rules of ingestion
(:mod:`martech.ingestion.partition_checks`); what is added here needs history or other tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from martech.alerts.severity import Severity
from martech.ingestion.partition_checks import check_freshness, check_schema, day_end
from martech.ingestion.raw_table import DAILY
from martech.quality.drift import bin_by_quantiles, largest_move, merge_rare, stability_index
from martech.quality.profile import BASELINE, NOW, Profile
from martech.quality.results import QualityResult
from martech.quality.tables import CURRENT, QualityTable, Reference
from martech.quality.volume import seasonal_baseline

NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Evidence:
    """What is known of a table.

    :param days: checked days, in order.
    :param columns: types by column name in the warehouse; empty if the table does not exist.
    :param rows: rows by day since the first one that counts as history; of a ``current`` table as earlier runs
        recorded them.
    :param profile: the table's profile; None where it could not be asked for.
    """

    days: Sequence[date]
    columns: Mapping[str, str]
    rows: Mapping[date, int]
    profile: Profile | None

    @property
    def last(self) -> date:
        """The newest checked day."""
        return self.days[-1]


def check_table(table: QualityTable, evidence: Evidence) -> list[QualityResult]:
    """Return the results of every check of a table that is switched on.

    :param table: what is expected.
    :param evidence: what was found.
    """
    rules = {
        "schema": _schema,
        "freshness": _freshness,
        "partition_gap": _partition_gaps,
        "volume": _volume,
        "null_rate": _null_rates,
        "integrity": _integrity,
        "drift": _drift,
    }
    return [result for check, rule in rules.items() if check in table.severity for result in rule(table, evidence)]


def _result(table: QualityTable, day: date, check: str, passed: bool | None, **facts: Any) -> QualityResult:
    return QualityResult(
        layer=table.layer,
        table=table.label,
        day=day,
        check=check,
        severity=table.severity[check],
        passed=passed,
        **facts,
    )


def _unknown(table: QualityTable, day: date, check: str, observed: str, why: str, **facts: Any) -> QualityResult:
    message = f"{table.label}: {check} not checked, {why}."
    return _result(table, day, check, None, observed=observed, expected=NOT_CHECKED, message=message, **facts)


def _schema(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    for found in check_schema(table.label, evidence.last, table.columns, evidence.columns):
        yield QualityResult.from_partition_check(table.layer, found, table.severity["schema"])


# ── Time ────────────────────────────────────────────────────────────────────────────────────────────


def _freshness(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    if table.loaded_at_field:
        yield from _landing_times(table, evidence)
    elif table.expect == DAILY:
        days = [day for day, rows in evidence.rows.items() if rows]
        yield _data_day(table, evidence.last, max(days, default=None))
    elif table.expect == CURRENT and table.day_field and evidence.profile:
        newest = evidence.profile.newest.get(evidence.last)
        yield _data_day(table, evidence.last, newest.astimezone(UTC).date() if newest else None)


def _landing_times(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    if evidence.profile is None:
        return
    least = table.limits.minimum_rows
    for day, newest in sorted(evidence.profile.newest.items()):
        rows = evidence.rows.get(day, 0)
        if rows < least:
            # Hours without any of a few rows say nothing; ingestion knows whether the source was synced.
            yield _unknown(table, day, "freshness", f"{rows} rows", f"fewer than {least} rows")
            continue
        found = check_freshness(table.label, day, newest, table.max_age)
        result = QualityResult.from_partition_check(table.layer, found, table.severity["freshness"])
        yield _with_age(result, day, newest, table.max_age)


def _with_age(result: QualityResult, day: date, newest: datetime | None, max_age: timedelta) -> QualityResult:
    # Rows that landed after the day's end are as fresh as can be.
    age = max(timedelta(), day_end(day) - newest) if newest else None
    hours = {"value": age / timedelta(hours=1)} if age is not None else {}
    return QualityResult(**{**result.__dict__, **hours, "high": max_age / timedelta(hours=1)})


def _data_day(table: QualityTable, day: date, newest: date | None) -> QualityResult:
    age = max(timedelta(), day - newest) if newest else None
    passed = age is not None and age < table.max_age
    hours = table.max_age / timedelta(hours=1)
    observed = f"newest data day {newest}" if newest else "no data"
    message = f"{table.label} has data until {newest}."
    if not passed:
        message = (
            f"{table.label} is stale: {observed}, expected {day} (less than {hours:g} h behind). "
            f"Look why build_{table.layer} left it out, then clear its red task or run it for {day}."
        )
    value = age / timedelta(hours=1) if age is not None else None
    expected = f"newest data day less than {hours:g} h behind {day}"
    return _result(
        table, day, "freshness", passed, observed=observed, expected=expected, message=message, value=value, high=hours
    )


def missing_days(rows: Mapping[date, int], last: date) -> list[date]:
    """Return the days without rows between the first day that has some and ``last``.

    :param rows: rows by day.
    :param last: the newest day that must be there.
    """
    first = min((day for day, count in rows.items() if count), default=last)
    span = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [day for day in span if not rows.get(day)]


def _partition_gaps(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    if table.expect != DAILY:
        return
    missing = missing_days(evidence.rows, evidence.last)
    for day in missing:
        fix = (
            "Re-sync the day in Fivetran, then backfill the day's ingestion."
            if table.layer == "bronze"
            else f"The day is rebuilt by itself where its bronze is there; otherwise backfill build_{table.layer}."
        )
        message = f"{table.label} has no partition {day}, though it has earlier days. {fix}"
        facts = {"observed": "0 rows", "expected": "at least 1 row", "message": message, "value": 0.0, "low": 1.0}
        result = _result(table, day, "partition_gap", False, **facts)
        # Its own run was red for it: it is told again until it is healed, and does not make every later run red too.
        yield result if day in evidence.days else replace(result, severity=Severity.WARNING)
    if not missing:
        known = sum(count > 0 for count in evidence.rows.values())
        facts = {"observed": f"{known} days", "expected": "no day missing", "message": f"{table.label} has every day."}
        yield _result(table, evidence.last, "partition_gap", True, **facts)


# ── Volume ──────────────────────────────────────────────────────────────────────────────────────────


def _volume(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    for day in [evidence.last] if table.expect == CURRENT else evidence.days:
        rows = evidence.rows.get(day, 0)
        if rows or table.expect != DAILY:  # a missing day is a gap, which is said once
            yield _volume_of_day(table, day, rows, evidence.rows)


def _volume_of_day(table: QualityTable, day: date, rows: int, history: Mapping[date, int]) -> QualityResult:
    limits = table.limits
    baseline = seasonal_baseline(
        day,
        {past: count for past, count in history.items() if past < day},
        weeks=limits.volume_weeks,
        minimum_weeks=limits.volume_minimum_weeks,
        deviations=limits.volume_deviations,
    )
    observed = f"{rows} rows"
    if baseline is None:
        why = f"fewer than {limits.volume_minimum_weeks} of the same weekdays before have rows"
        return _unknown(table, day, "volume", observed, why, value=float(rows))
    expected = (
        f"{baseline.low:.0f} to {baseline.high:.0f} rows (median {baseline.expected:.0f} of {baseline.weeks} {day:%A}s)"
    )
    passed = baseline.low <= rows <= baseline.high
    message = f"{table.label} has {rows} rows for {day}, expected {expected}."
    if not passed:
        look = "a partial sync or build" if rows < baseline.low else "rows that landed or were joined twice"
        message += (
            f" Look for {look}, fix it and rebuild the day; if the change is real, the baseline follows within "
            f"weeks, or widen volume_deviations of the table in {table.declared_in}."
        )
    return _result(
        table,
        day,
        "volume",
        passed,
        observed=observed,
        expected=expected,
        message=message,
        value=float(rows),
        low=round(baseline.low, 1),
        high=round(baseline.high, 1),
    )


# ── Content ─────────────────────────────────────────────────────────────────────────────────────────


def _share(  # noqa: PLR0913 - what a share is compared with, and how that is said
    table: QualityTable,
    check: str,
    column: str,
    counts: Mapping[date, tuple[int, int]],
    *,
    allowed: float,
    what: str,
    fix: str,
    last: date,
) -> QualityResult:
    """Check the worst day: a good month must not hide a bad day."""
    # Nothing is allowed: a single row is enough to say so.
    least = table.limits.minimum_rows if allowed else 1
    shares = {day: found / total for day, (found, total) in counts.items() if total >= least}
    expected = f"at most {allowed:.2%} {what}"
    if not shares:
        rows = sum(total for _, total in counts.values())
        why = f"no day has {least} rows" if rows else "there are no rows"
        return _unknown(table, last, check, f"{rows} rows", why, column=column)
    day, share = max(shares.items(), key=lambda item: (item[1], item[0]))
    found, total = counts[day]
    passed = share <= allowed
    observed = f"{share:.2%} {what} ({found} of {total})"
    message = f"{table.label}.{column} has {observed} on {day}, {expected}."
    if not passed:
        message += f" {fix}"
    return _result(
        table,
        day,
        check,
        passed,
        column=column,
        observed=observed,
        expected=expected,
        message=message,
        value=share,
        high=allowed,
    )


def _null_rates(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    if evidence.profile is None:
        return
    for column, allowed in table.critical.items():
        nulls = evidence.profile.nulls.get(column, {})
        counts = {day: (found, evidence.profile.rows[day]) for day, found in nulls.items()}
        fix = (
            f"Look what stopped filling it in the source or the model; if it is right, set its share under critical "
            f"of {table.layer}.{table.name} in {table.declared_in}."
        )
        yield _share(table, "null_rate", column, counts, allowed=allowed, what="nulls", fix=fix, last=evidence.last)


def _integrity_fix(table: QualityTable, reference: Reference) -> str:
    target = ".".join(reference.to.split(".")[-2:])
    return (
        f"Their target is not in {target}.{reference.key}: look whether its rows landed late or were deleted, and "
        "rebuild the day; if it is right, set orphans of the reference in "
        f"{table.declared_in} ({table.layer}.{table.name})."
    )


def _integrity(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    if evidence.profile is None:
        return
    for reference in table.references:
        counts = evidence.profile.orphans.get(reference.column, {})
        fix = _integrity_fix(table, reference)
        yield _share(
            table,
            "integrity",
            reference.column,
            counts,
            allowed=reference.share,
            what="orphans",
            fix=fix,
            last=evidence.last,
        )


def _drift(table: QualityTable, evidence: Evidence) -> Iterator[QualityResult]:
    if evidence.profile is None:
        return
    first = evidence.last - timedelta(days=table.limits.drift_days)
    known = sum(first <= day < evidence.last and rows > 0 for day, rows in evidence.rows.items())
    for column in table.drift:
        if known < table.limits.drift_minimum_days:
            why = f"{known} of {table.limits.drift_minimum_days} days of history"
            yield _unknown(table, evidence.last, "drift", f"{known} days", why, column=column)
        else:
            yield _drift_of_column(table, column, evidence.last, evidence.profile)


def _drift_of_column(table: QualityTable, column: str, day: date, profile: Profile) -> QualityResult:
    samples = profile.samples.get(column, {})
    fewest = min(samples.get(BASELINE, 0), samples.get(NOW, 0))
    if fewest < table.limits.minimum_rows:
        why = f"fewer than {table.limits.minimum_rows} rows"
        return _unknown(table, day, "drift", f"{fewest} rows", why, column=column)
    if column in profile.quantiles:
        points = profile.quantiles[column]
        before, now = bin_by_quantiles(points[BASELINE], points[NOW])
        low, middle, high = (sorted(points[NOW])[len(points[NOW]) * part // 4] for part in (1, 2, 3))
        moved = f"its quartiles are now {low:g}, {middle:g} and {high:g}"
    else:
        classes = profile.classes[column]
        before, now = merge_rare(classes[BASELINE], classes[NOW])
        name, share_before, share_now = largest_move(before, now)
        moved = f"{name!r} went from {share_before:.1%} to {share_now:.1%} of the rows"
    index = stability_index(before, now)
    passed = index <= table.limits.drift_psi
    observed = f"PSI {index:.3f}"
    expected = f"PSI at most {table.limits.drift_psi:g} against the {table.limits.drift_days} days before"
    message = f"{table.label}.{column} on {day}: {observed}, {moved}."
    if not passed:
        message += (
            f" Expected {expected}. Look for a change of tracking, mapping or campaign on that day; if it is real the "
            f"baseline follows within {table.limits.drift_days} days, or set drift_psi of the table in "
            f"{table.declared_in}."
        )
    return _result(
        table,
        day,
        "drift",
        passed,
        column=column,
        observed=observed,
        expected=expected,
        message=message,
        value=round(index, 4),
        high=table.limits.drift_psi,
    )

"""Data sources of Tableau: one for each table of gold that has metrics, with the metrics as measures."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from tools.bi.tables import NUMBERS, Column, Measure, Table

VERSION = "18.1"
CONNECTION = "bigquery.gold"
TYPES = {
    "string": "string",
    "bool": "boolean",
    "int64": "integer",
    "float64": "real",
    "numeric": "real",
    "date": "date",
    "timestamp": "datetime",
}
FORMATS = {"money": "n#,##0.00", "count": "n#,##0", "share": "p0.0%", "ratio": "n#,##0.00", "number": "n#,##0.0"}


def shown(table: Table) -> list[Column]:
    """Return the columns of a data source: none that says something of a person, for whoever opens it sees them."""
    return [column for column in table.columns if not column.is_personal]


def source_sql(table: Table, project: str, dataset: str) -> str:
    """Return the query of a data source: the columns, how else they are cut, and what each metric adds up.

    :param table: the table.
    :param project: its project.
    :param dataset: its dataset.
    """
    columns = [c.name if c.sql is None else f"{c.sql} as {c.name}" for c in shown(table)]
    metrics = [f"{m.sql} as {row_of(m)}" for m in table.measures if m.sql is not None]
    selected = ",\n    ".join([*columns, *metrics])
    return f"select\n    {selected}\nfrom `{project}.{dataset}.{table.name}`"


def row_of(measure: Measure) -> str:
    """Return the column of a data source that holds what a metric adds up of each row."""
    return f"metric_{measure.metric.name}"


def formula_of(table: Table, measure: Measure) -> str:
    """Return a metric in Tableau's language.

    :param table: its table.
    :param measure: the metric.
    """
    rows = {other.metric.name: row_of(other) for other in table.measures if other.sql is not None}
    metric = measure.metric
    # Tableau gives NULL where it would divide by zero.
    parts = [metric.name] if measure.sql is not None else [str(metric.numerator), str(metric.denominator)]
    formula = " / ".join(f"SUM([{rows[name]}])" for name in parts)
    # Nothing instead of a sum over values that say the same thing several times.
    for name in table.one_of:
        formula = f"IF MIN([{name}]) = MAX([{name}]) THEN {formula} END"
    return formula


def _column(parent: ET.Element, column: Column) -> None:
    # Not even a number is a measure: what may be added up is a metric.
    kinds = dict.fromkeys(NUMBERS, "quantitative") | {"date": "ordinal", "timestamp": "ordinal"}
    attributes = {
        "caption": column.name.replace("_", " ").capitalize(),
        "datatype": TYPES[column.type],
        "name": f"[{column.name}]",
        "role": "dimension",
        "type": kinds.get(column.type, "nominal"),
    }
    element = ET.SubElement(parent, "column", attributes)
    _describe(element, column.description)


def _describe(element: ET.Element, text: str) -> None:
    if text:
        run = ET.SubElement(ET.SubElement(ET.SubElement(element, "desc"), "formatted-text"), "run")
        run.text = " ".join(text.split())


def _measure(parent: ET.Element, table: Table, measure: Measure) -> None:
    metric = measure.metric
    if measure.sql is not None:
        hidden = {"datatype": "real", "hidden": "true", "name": f"[{row_of(measure)}]"}
        ET.SubElement(parent, "column", hidden | {"role": "measure", "type": "quantitative"})
    element = ET.SubElement(
        parent,
        "column",
        {
            "caption": metric.label,
            "datatype": "real",
            "default-format": FORMATS[metric.unit],
            "name": f"[{metric.name} metric]",
            "role": "measure",
            "type": "quantitative",
        },
    )
    ET.SubElement(element, "calculation", {"class": "tableau", "formula": formula_of(table, measure)})
    _describe(element, metric.description)


def _source(table: Table, project: str, dataset: str) -> str:
    root = ET.Element("datasource", {"formatted-name": table.name, "inline": "true", "version": VERSION})
    federated = ET.SubElement(root, "connection", {"class": "federated"})
    named = ET.SubElement(federated, "named-connections")
    connection = ET.SubElement(named, "named-connection", {"caption": "BigQuery", "name": CONNECTION})
    bigquery = {"class": "bigquery", "CATALOG": project, "project": project, "schema": dataset, "username": ""}
    ET.SubElement(connection, "connection", bigquery)
    relation = ET.SubElement(federated, "relation", {"connection": CONNECTION, "name": table.name, "type": "text"})
    relation.text = source_sql(table, project, dataset)
    for column in shown(table):
        _column(root, column)
    for measure in table.measures:
        _measure(root, table, measure)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def tableau_files(tables: Sequence[Table], *, project: str, dataset: str) -> dict[str, str]:
    """Return the data sources by file name.

    :param tables: tables of gold; those without metrics are left out.
    :param project: Google Cloud project.
    :param dataset: dataset of gold.
    """
    return {f"{table.title}.tds": _source(table, project, dataset) for table in tables if table.measures}

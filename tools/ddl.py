"""Write the DDL of silver and gold from dbt's models: ``make ddl``.

A table's shape has one home, the YAML beside its model (columns, types, descriptions, constraints) and the ``config``
of its SQL (partition, clustering, retention, labels); a view's is its SQL. ``include/sql/silver`` and
``include/sql/gold`` say the same as DDL, with which ``create_warehouse`` makes the tables before dbt first fills them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, UndefinedError

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import DBT_DIR, SQL_DIR, settings

LAYERS = ("silver", "gold")
CREATE = {
    "table": "create table if not exists",
    "incremental": "create table if not exists",
    "view": "create or replace view",
    "materialized_view": "create materialized view if not exists",
}
LINE = 120  # as sqlfluff wants
STRUCTS = re.compile(r"array<struct<(?P<fields>.*)>>", re.DOTALL)
# Not those of a type, as in numeric(10, 2).
COMMA = re.compile(r",(?![^(]*\))")
JINJA = Environment(undefined=StrictUndefined)  # noqa: S701 - SQL, not HTML

Node = Mapping[str, Any]


class ModelError(ValueError):
    """A model cannot be written as DDL; the message names the model and the remedy."""


def _text(value: str) -> str:
    plain = " ".join(value.split()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{plain}'"


def _described(declaration: str, description: str, indent: str) -> str:
    """Return a column or field with its description, on one line where it fits."""
    option = f"description = {_text(description)}"
    line = f"{indent}{declaration} options ({option})"
    # The comma behind it counts too.
    if len(line) < LINE:
        return line
    inner = f"{indent}    {option}"
    too_long = "  -- noqa: LT05" if len(inner) > LINE else ""
    return f"{indent}{declaration} options (\n{inner}{too_long}\n{indent})"


def _struct(column: Node, types: str, model: str) -> str:
    """Return the type of a column of structs, each field with its description."""
    fields = dict(field.split(maxsplit=1) for field in map(str.strip, COMMA.split(types)))
    descriptions = column["config"].get("meta", {}).get("fields", {})
    if list(descriptions) != list(fields):
        raise ModelError(
            f"{model}.{column['name']}: its type has the fields {', '.join(fields)}, its meta describes "
            f"{', '.join(descriptions) or 'none'}. Write `config: {{meta: {{fields: {{<field>: <description>}}}}}}` "
            "in the model's YAML, in the order of the type."
        )
    lines = [_described(f"{name} {kind}", descriptions[name], " " * 8) for name, kind in fields.items()]
    return "array<struct<\n" + ",\n".join(lines) + "\n    >>"


def _column(column: Node, model: str) -> str:
    for key in ("data_type", "description"):
        if not column[key]:
            raise ModelError(f"{model}.{column['name']} has no {key}: write it in the model's YAML.")
    structs = STRUCTS.fullmatch(column["data_type"].strip())
    kind = _struct(column, structs["fields"], model) if structs else column["data_type"]
    required = any(constraint["type"] == "not_null" for constraint in column["constraints"])
    declaration = f"{column['name']} {kind}{' not null' if required else ''}"
    if structs:
        return f"    {declaration} options (description = {_text(column['description'])})"
    return _described(declaration, column["description"], " " * 4)


def _options(node: Node) -> Iterator[str]:
    config = node["config"]
    if config["materialized"] == "materialized_view":
        yield f"enable_refresh = {str(config['enable_refresh']).lower()}"
        yield f"refresh_interval_minutes = {config['refresh_interval_minutes']}"
    yield f"description = {_text(node['description'])}"
    if (days := config.get("partition_expiration_days")) is not None:
        policy = f"{config['schema']}_retention_days"
        is_policy = int(days) == settings.variables[policy]
        yield f"partition_expiration_days = {f'{{{{ {policy} }}}}' if is_policy else days}"
    if config.get("require_partition_filter"):
        yield "require_partition_filter = true"
    labels = ", ".join(f"('{name}', '{value}')" for name, value in sorted(config["labels"].items()))
    yield f"labels = [{labels}]"


def _storage(config: Node) -> Iterator[str]:
    if partition := config.get("partition_by"):
        field, grain = partition["field"], partition.get("granularity", "day")
        yield f"partition by {field if grain == 'day' else f'date_trunc({field}, {grain})'}"
    if cluster := config.get("cluster_by"):
        yield f"cluster by {', '.join(cluster)}"


def _address(node: Node) -> str:
    return f"`{{{{ project_id }}}}.{{{{ {node['config']['schema']}_dataset }}}}.{node['alias']}`"


def _query(node: Node, models: Mapping[str, Node]) -> str:
    try:
        return (
            JINJA.from_string(node["raw_code"])
            .render(config=lambda **_: "", ref=lambda name: _address(models[name]))
            .strip()
        )
    except UndefinedError as error:
        raise ModelError(f"{node['name']}: {error}. The SQL of a view may call config() and ref() only.") from error


def statement(node: Node, models: Mapping[str, Node]) -> str:
    """Return the DDL of a model, a Jinja template as all files in ``include/sql``.

    :param node: the model in dbt's manifest.
    :param models: all models by name, for what a view reads.
    :raises ModelError: where the model does not say all that the DDL needs.
    """
    config = node["config"]
    source = (DBT_DIR / node["original_file_path"]).relative_to(SQL_DIR.parents[1])
    parts = [
        f"-- Written by `make ddl` from {source} and its YAML; do not edit.",
        f"{CREATE[config['materialized']]} {_address(node)}",
    ]
    is_table = config["materialized"] in ("table", "incremental")
    if is_table:
        parts[-1] += " ("
        parts += [",\n".join(_column(column, node["name"]) for column in node["columns"].values()), ")"]
    parts += _storage(config)
    parts += ["options (", ",\n".join(f"    {option}" for option in _options(node))]
    parts.append(");" if is_table else f") as\n{_query(node, models)};")
    return "\n".join(parts) + "\n"


def statements(manifest: Mapping[str, Any]) -> dict[Path, str]:
    """Return the DDL of silver and gold by file.

    :param manifest: dbt's manifest.
    :raises ModelError: where a model does not say all that the DDL needs.
    """
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    return {
        SQL_DIR / layer / f"{name}.sql": statement(node, models)
        for layer in LAYERS
        for name, node in sorted(models.items())
        if node["config"]["schema"] == layer
    }


def main() -> None:
    """Write the files, and remove those of models that are gone."""
    written = statements(load_manifest())
    for layer in LAYERS:
        for path in set((SQL_DIR / layer).glob("*.sql")) - written.keys():
            path.unlink()
    for path, text in written.items():
        path.write_text(text)


if __name__ == "__main__":
    main()

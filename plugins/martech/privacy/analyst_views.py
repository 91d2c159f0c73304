"""The SQL of what analysts read: pseudonyms instead of ids, and nobody who may not be contacted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement, parse_create
from martech.warehouse.statements import Sql, require_identifier, short, statement

# Columns that say whose row it is, by their kind of id.
CUSTOMER, LEAD = "customer", "salesforce:lead"
# 128 bits of the hash, as hexadecimal digits.
PSEUDONYM_LENGTH = 32


@dataclass(frozen=True)
class AnalystView:
    """A view on one table.

    :param table: the table, and what is personal in it.
    :param columns: types of all columns of the table, in order.
    :param description: of the view.
    :param domain: label of the view.
    :param k: so many rows must share a value of a `shared` column, and of those before it, for it to be shown.
    :param left_out: columns that are not shown though they are not flagged as personal.
    :param pseudonyms: kind of id by column.
    :param elements: kind of id by field, by column with an array of records.
    :param urls: columns that are shown as path and campaign parameters.
    :param shared: columns that may single somebody out together, from coarse to fine.
    """

    table: PersonalTable
    columns: Mapping[str, str]
    description: str
    domain: str
    k: int
    left_out: tuple[str, ...] = ()
    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """Columns of the view, in order."""
        hidden = {*self.table.pii, *self.left_out} - {*self.pseudonyms, *self.urls, *self.shared}
        return tuple(column for column in self.columns if column not in hidden)

    def create(self, name: str, *, key: str, customers: str, leads: str) -> tuple[CreateStatement, str]:
        """Return what creates the view, and its SQL.

        :param name: ``project.dataset.view``.
        :param key: ``project.dataset.table`` of the key of pseudonyms.
        :param customers: that of Customer 360, which knows who may be contacted.
        :param leads: that of the leads, which know it of themselves.
        """
        owners = {kind: column for column, kinds in self.table.owners.items() for kind in kinds}
        sql = statement(
            "privacy/sql/analyst_view.sql",
            view=name,
            table=self.table.name,
            description=Sql(f"'{self.description}'"),
            domain=Sql(f"'{require_identifier('domain', self.domain)}'"),
            key=key,
            has_key=bool(self.pseudonyms or self.elements),
            customers=customers,
            leads=leads,
            customer_column=owners.get(CUSTOMER),
            lead_column=owners.get(LEAD),
            levels=self._levels(),
            last=f"level_{len(self.shared)}" if self.shared else "kept",
            k=self.k,
            columns=Sql(",\n    ".join(self._value(column) for column in self.shown)),
        )
        return parse_create(sql, name), sql

    def _levels(self) -> list[Mapping[str, Sql]]:
        """Return for each of the shared columns what it is counted by: those before it, as they are shown."""
        return [
            {"column": Sql(require_identifier("column", column)), "before": _listed([*self.shared[:number], "true"])}
            for number, column in enumerate(self.shared)
        ]

    def _value(self, column: str) -> str:
        name = require_identifier("column", column)
        if kind := self.pseudonyms.get(column):
            return f"{_pseudonym(f'kept.{name}', kind)} as {name}"
        if kinds := self.elements.get(column):
            inner = [
                f"{_pseudonym(f'element.{field}', kinds[field])} as {field}" if field in kinds else f"element.{field}"
                for field in _fields_of(self.columns[column])
            ]
            return short(
                "array(select as struct {{ inner }} from unnest(kept.{{ name }}) as element "
                "with offset as place order by place) as {{ name }}",
                inner=Sql(", ".join(inner)),
                name=name,
            )
        if column in self.urls:
            return f"{plain_url(f'kept.{name}')} as {name}"
        return f"kept.{name}"


def _listed(names: Sequence[str]) -> Sql:
    return Sql(", ".join(require_identifier("column", name) for name in names))


def _fields_of(data_type: str) -> list[str]:
    """Return the fields of the records of an array's type."""
    records = exp.DataType.build(data_type, dialect="bigquery").expressions[0]
    return [require_identifier("field", record.name) for record in records.expressions]


def _pseudonym(value: str, kind: str) -> str:
    """Return the SQL of a keyed hash: nobody without the key can try ids out."""
    text = f"concat(key.secret, '{require_identifier('kind', kind)}:', cast({value} as string))"
    return f"left(to_hex(sha256({text})), {PSEUDONYM_LENGTH})"


def plain_url(url: str) -> str:
    """Return the SQL of a URL's host, path and campaign parameters, without what may name somebody.

    Path segments with an @, and such as are ids (a digit among ten characters or more), become a star.
    """
    place = f"regexp_extract({url}, r'^[^?#]*')"
    place = rf"regexp_replace({place}, r'[^/]*(?:@|%40)[^/]*', '*')"
    place = rf"regexp_replace({place}, r'/[^/.]*[0-9][^/.]{{9,}}|/[^/.]{{9,}}[0-9][^/.]*', '/*')"
    parameters = rf"regexp_extract_all({url}, r'[?&](utm_(?:source|medium|campaign)=[^&#]*)')"
    kept = short(
        "array(select parameter from unnest({{ parameters }}) as parameter with offset as place "
        "where not regexp_contains(parameter, r'@|%40|[0-9]{7}') order by place)",
        parameters=Sql(parameters),
    )
    return f"rtrim(concat({place}, '?', array_to_string({kept}, '&')), '?')"

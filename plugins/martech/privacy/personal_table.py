"""A table of the warehouse as privacy sees it: whose rows, and what in them is personal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from martech.warehouse.statements import Sql, require_identifier, short, statement

Kinds = Mapping[str, tuple[str, ...]]

# Shorter values occur in any text by chance, so only columns that are declared to hold them are compared.
SHORTEST_SEARCHED = 6


def pattern_sql(identifiers: Sql) -> Sql:
    """Return SQL of a regular expression that finds every identifier of a request as a whole word.

    :param identifiers: SQL of a relation with ``request_id``, ``kind`` and ``value``.
    """
    return Sql(f"({statement('privacy/sql/pattern.sql', relation=identifiers, shortest=SHORTEST_SEARCHED)})")


def every_partition_sql(partition_field: str | None) -> Sql:
    """Return a condition that is true for every row, and satisfies tables that require a partition filter.

    :param partition_field: column of the partition; None where the table has none.
    """
    return Sql(f"({partition_field} >= '0001-01-01' or {partition_field} is null)" if partition_field else "true")


def values_sql(identifiers: Sql, kinds: tuple[str, ...]) -> Sql:
    """Return a query for the identifiers of some kinds.

    :param identifiers: SQL of a relation with ``request_id``, ``kind`` and ``value``.
    :param kinds: kinds of ids.
    """
    return statement("privacy/sql/values.sql", relation=identifiers, kinds=kinds)


@dataclass(frozen=True)
class PersonalTable:
    """What is declared of a table. Kinds are those of ``ops.erasure_identifiers``.

    :param name: ``project.dataset.table``.
    :param partition_field: column of its partition; None if it is not partitioned.
    :param owners: columns that say whose row it is, with the kinds of id they may hold.
    :param references: columns of other people's rows that name a person.
    :param arrays: those of them that are arrays.
    :param texts: columns of free text in which identifiers are searched.
    :param pii: columns with personal data.
    :param consents: columns that say what a person consents to: granted, denied or unspecified.
    :param is_profile: whether it says what is expected of a person.
    """

    name: str
    partition_field: str | None = None
    owners: Kinds = field(default_factory=dict)
    references: Kinds = field(default_factory=dict)
    arrays: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    pii: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    is_profile: bool = False

    def __post_init__(self) -> None:
        for column in (*self.owners, *self.references, *self.texts, *self.pii, *self.consents):
            require_identifier(f"column of {self.name}", column)

    @property
    def dataset_id(self) -> str:
        """Dataset of the table."""
        return self.name.split(".")[-2]

    @property
    def table_id(self) -> str:
        """Name of the table in its dataset."""
        return self.name.split(".")[-1]

    def belongs_sql(self, identifiers: Sql) -> Sql | None:
        """Return the condition for rows that are the person's; None if the table holds no rows of persons.

        :param identifiers: SQL of a relation with ``request_id``, ``kind`` and ``value``.
        """
        clauses = [
            f"cast({column} as string) in ({values_sql(identifiers, kinds)})" for column, kinds in self.owners.items()
        ]
        clauses += [f"regexp_contains({column}, {pattern_sql(identifiers)})" for column in self.texts]
        if not clauses:
            return None
        return Sql(f"{every_partition_sql(self.partition_field)} and ({' or '.join(clauses)})")

    def own_columns_sql(self) -> Sql:
        """Return the select list of a person's own rows: ids in them that are not theirs name others, and are emptied.

        It reads ``source`` (this table) and the array ``searched.own_identifiers``.
        """
        naming = [*(self.owners if len(self.owners) > 1 else ()), *self.references]
        one = "if(cast(source.{{ c }} as string) in unnest(searched.own_identifiers), source.{{ c }}, null) as {{ c }}"
        each = (
            "array(select element from unnest(source.{{ c }}) as element "
            "where element in unnest(searched.own_identifiers)) as {{ c }}"
        )
        replaced = [short(each if column in self.arrays else one, c=column) for column in naming]
        return Sql("source.*" + (f" replace ({', '.join(replaced)})" if replaced else ""))

    def statements(self, identifiers: Sql) -> list[Sql]:
        """Return the DML that removes a person: their own rows are deleted, references in others' are emptied.

        :param identifiers: SQL of a relation with ``request_id``, ``kind`` and ``value``.
        """
        statements = []
        if belongs := self.belongs_sql(identifiers):
            statements.append(statement("privacy/sql/delete_rows.sql", table=self.name, belongs=belongs))
        for column, kinds in self.references.items():
            kind = "array" if column in self.arrays else "column"
            statements.append(
                statement(
                    f"privacy/sql/clear_{kind}.sql",
                    table=self.name,
                    **{kind: column},
                    everywhere=every_partition_sql(self.partition_field),
                    values=values_sql(identifiers, kinds),
                )
            )
        return statements

"""Offsets of arrays that a statement unnests: DuckDB counts them from 1, GoogleSQL from 0."""

from __future__ import annotations

from sqlglot import exp


def named(value: exp.Expression, name: str) -> exp.PropertyEQ:
    """Return a STRUCT's field of a name."""
    return exp.PropertyEQ(this=exp.to_identifier(name), expression=value.copy())


def count_offsets_from_zero(tree: exp.Expression) -> bool:
    """Let ``UNNEST(x) WITH OFFSET AS o`` count from 0 and keep its name; DuckDB counts from 1.

    The emulator takes 1 from whatever is named ``o`` anywhere in the statement, and drops the name of a selected one.

    :returns: whether the tree has changed.
    """
    unnests = [unnest for unnest in tree.find_all(exp.Unnest) if unnest.args.get("offset")]
    for unnest in unnests:
        offset, query = unnest.args["offset"], unnest.find_ancestor(exp.Select)
        name = offset.name if isinstance(offset, exp.Identifier) else "offset"
        counted = f"{name}__from_one"
        for column in list(query.find_all(exp.Column)):
            if column.name == name and not column.table and _sees(column, query, name):
                from_zero = exp.paren(exp.column(counted) - 1, copy=False)
                if column.parent is query and column.arg_key == "expressions":
                    from_zero = exp.alias_(from_zero, name, copy=False)
                elif isinstance(column.parent, exp.Struct):
                    from_zero = named(from_zero, name)
                column.replace(from_zero)
        unnest.set("offset", exp.to_identifier(counted))
    return bool(unnests)


def _sees(column: exp.Column, query: exp.Select, name: str) -> bool:
    """Return whether a column named like an offset of a query means that offset."""
    node = column.parent
    while node is not query:
        if isinstance(node, exp.CTE) or (
            isinstance(node, exp.Subquery) and isinstance(node.parent, exp.From | exp.Join)
        ):
            return False
        if isinstance(node, exp.Select) and name in _unnested_names(node):
            return False
        node = node.parent
    return True


def _unnested_names(query: exp.Select) -> set[str]:
    """Return the names that a query gives to elements of arrays and their offsets."""
    names = set()
    for source in (query.args.get("from_"), *query.args.get("joins", ())):
        for unnest in source.find_all(exp.Unnest) if source else ():
            alias, offset = unnest.args.get("alias"), unnest.args.get("offset")
            names |= {column.name for column in alias.columns} if alias else set()
            names |= {offset.name} if isinstance(offset, exp.Identifier) else set()
    return names

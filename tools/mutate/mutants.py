"""Small changes to a query that a test should notice: one mutant changes one place.

Runs in ``.venv-emulator``, which has sqlglot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

# dbt inlines what a unit test is given as CTEs of this name, around the model's own SQL.
GIVEN = "__dbt__cte__"
ACTUAL = "dbt_internal_unit_test_actual"

SWAPPED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.And: exp.Or,
    exp.Or: exp.And,
    exp.Add: exp.Sub,
    exp.Sub: exp.Add,
    exp.Mul: exp.Div,
    exp.Div: exp.Mul,
    exp.Max: exp.Min,
    exp.Min: exp.Max,
    exp.LogicalOr: exp.LogicalAnd,
    exp.LogicalAnd: exp.LogicalOr,
    exp.Sum: exp.Max,
}

Change = Callable[[exp.Expression], exp.Expression | None]


@dataclass(frozen=True)
class Mutant:
    """One change.

    :param place: number of the changed node among those of the model.
    :param name: what kind of change.
    :param before: the node's SQL.
    :param after: the changed node's SQL.
    """

    place: int
    name: str
    before: str
    after: str


def _swap(node: exp.Expression) -> exp.Expression | None:
    other = SWAPPED.get(type(node))
    if other is None:
        return None
    return other(**{name: value for name, value in node.copy().args.items() if name in other.arg_types})


def _without_not(node: exp.Expression) -> exp.Expression | None:
    return node.this if isinstance(node, exp.Not) else None


def _always(node: exp.Expression) -> exp.Expression | None:
    """Drop a predicate: one side of AND, or all of a WHERE."""
    is_condition = isinstance(node.parent, exp.And) or (isinstance(node.parent, exp.Where) and node.arg_key == "this")
    return exp.true() if is_condition and not isinstance(node, exp.And | exp.Boolean) else None


def _other_join(node: exp.Expression) -> exp.Expression | None:
    if not isinstance(node, exp.Join) or not (node.args.get("on") or node.args.get("using")):
        return None
    changed = node.copy()
    changed.set("side", {"LEFT": None, "FULL": "LEFT"}.get((node.side or "").upper(), "LEFT"))
    changed.set("kind", None)
    return changed


def _other_order(node: exp.Expression) -> exp.Expression | None:
    if not isinstance(node, exp.Ordered):
        return None
    changed = node.copy()
    changed.set("desc", not node.args.get("desc"))
    changed.set("nulls_first", None)
    return changed


def _other_literal(node: exp.Expression) -> exp.Expression | None:
    if isinstance(node, exp.Boolean):
        return exp.Boolean(this=not node.this)
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return exp.Literal.string(f"{node.this}~") if not isinstance(node.parent, exp.JSONPath) else None
    number = float(node.this)
    return exp.Literal.number(int(number) + 1 if number.is_integer() else number * 2)


def _without_branch(node: exp.Expression) -> exp.Expression | None:
    """Drop a CASE's first branch, or swap those of IF."""
    if isinstance(node, exp.Case) and len(node.args["ifs"]) > 1:
        changed = node.copy()
        changed.set("ifs", changed.args["ifs"][1:])
        return changed
    if isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        changed = node.copy()
        changed.set("true", node.args.get("false") or exp.null())
        changed.set("false", node.args["true"])
        return changed
    return None


def _without_default(node: exp.Expression) -> exp.Expression | None:
    return node.this if isinstance(node, exp.Coalesce) else None


def _without_distinct(node: exp.Expression) -> exp.Expression | None:
    if isinstance(node, exp.Distinct) and len(node.expressions) == 1 and isinstance(node.parent, exp.Count):
        return node.expressions[0]
    return None


def _without_element(node: exp.Expression) -> exp.Expression | None:
    if not isinstance(node, exp.In) or len(node.expressions) < 2:
        return None
    changed = node.copy()
    changed.set("expressions", changed.expressions[:-1])
    return changed


OPERATORS: dict[str, Change] = {
    "other operator": _swap,
    "NOT dropped": _without_not,
    "predicate dropped": _always,
    "other join": _other_join,
    "other order": _other_order,
    "other literal": _other_literal,
    "branch changed": _without_branch,
    "default dropped": _without_default,
    "DISTINCT dropped": _without_distinct,
    "element dropped": _without_element,
}


def model_nodes(tree: exp.Expression) -> list[exp.Expression]:
    """Return the nodes of a unit test's query that come from the model, in order.

    :param tree: the query, as dbt runs it.
    """
    (actual,) = [cte for cte in tree.find_all(exp.CTE) if cte.alias == ACTUAL]
    model = actual.this.args["from_"].this.this
    given = {id(node) for cte in model.ctes if cte.alias.startswith(GIVEN) for node in cte.walk()}
    return [node for node in model.walk(bfs=False) if id(node) not in given]


def mutants_of(tree: exp.Expression) -> Iterator[Mutant]:
    """Yield every mutant of the model in a unit test's query."""
    for place, node in enumerate(model_nodes(tree)):
        for name, change in OPERATORS.items():
            changed = change(node)
            if changed is not None:
                yield Mutant(place, name, node.sql("bigquery"), changed.sql("bigquery"))


def mutated(tree: exp.Expression, mutant: Mutant) -> str:
    """Return a unit test's query with one change in its model.

    :param tree: the query; it is not changed.
    :param mutant: the change.
    """
    copy = tree.copy()
    node = model_nodes(copy)[mutant.place]
    changed = OPERATORS[mutant.name](node)
    assert changed is not None  # noqa: S101 - the same tree gives the same mutants
    node.replace(changed.copy())
    return copy.sql("bigquery")

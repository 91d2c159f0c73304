"""Small changes to a query that a test should notice: one mutant changes one place.

Runs in ``.venv-emulator``, which has sqlglot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
Sign = tuple[str | int, ...]
Place = tuple[str | int, ...]

# What holds expressions and is none.
CLAUSES = (exp.Query, exp.CTE, exp.With, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Qualify, exp.Alias)
# From so many nodes on, the same expression in two models comes from one macro: with the same columns, with others.
SAME_COLUMNS_NODES = 8
OTHER_COLUMNS_NODES = 30
# Within an expression a part of so many nodes is repeated by a macro only.
REPEATED_NODES = 4


@dataclass(frozen=True)
class Mutant:
    """One change.

    :param place: number of the changed node among those of the model.
    :param name: what kind of change.
    :param before: the node's SQL.
    :param after: the changed node's SQL.
    :param within: the expression of which it is a part.
    """

    place: int
    name: str
    before: str
    after: str
    within: str


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
    # BigQuery takes NULL for the smallest value.
    changed.set("nulls_first", bool(node.args.get("desc")))
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
        true, false = changed.args["true"], changed.args.get("false") or exp.null()
        changed.set("true", false)
        changed.set("false", true)
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


def _is_implicit(node: exp.Expression) -> bool:
    """Whether a node is a default that sqlglot adds, such as the group of REGEXP_EXTRACT: no query has it."""
    if not isinstance(node, exp.Literal) or node.parent is None:
        return False
    text, count = node.sql("bigquery"), sum(1 for part in node.parent.walk() if part == node)
    return node.parent.sql("bigquery").count(text) < count


class _Shape:
    """An expression as a macro may have it: what it was given (columns, parts that are repeated) is numbered.

    :param root: the whole expression.
    """

    def __init__(self, root: exp.Expression) -> None:
        self.size = 0
        # By node: its number, or that of the repeated part and the way from there.
        self.places: dict[int, Place] = {}
        self._times = Counter(root.walk())
        self._given: dict[exp.Expression, int] = {}
        self.text = self._read(root)

    def _read(self, node: exp.Expression) -> str:
        self.size += 1
        is_repeated = self._times[node] > 1 and sum(1 for _ in node.walk()) >= REPEATED_NODES
        if is_repeated or isinstance(node, exp.Column | exp.Null):
            number = self._given.setdefault(node, len(self._given))
            for part in node.walk():
                self.places[id(part)] = (number, *_way(part, node))
            return f"${number}"
        self.places[id(node)] = (self.size,)
        read = [
            f"{name}={self._read_value(value)}" for name, value in node.args.items() if value not in (None, False, [])
        ]
        return f"{type(node).__name__}({', '.join(read)})"

    def _read_value(self, value: object) -> str:
        if isinstance(value, list):
            return f"[{', '.join(self._read_value(part) for part in value)}]"
        return self._read(value) if isinstance(value, exp.Expression) else repr(value)


def _way(node: exp.Expression, root: exp.Expression) -> Iterator[str]:
    while node is not root:
        yield f"{type(node).__name__} {node.arg_key} {node.index}"
        node = node.parent
    yield type(node).__name__


def _without_tables(node: exp.Expression) -> str:
    """Return an expression's SQL without the tables of its columns."""
    columns = lambda part: exp.column(part.name) if isinstance(part, exp.Column) else part  # noqa: E731
    return node.copy().transform(columns, copy=False).sql("bigquery")


class _Signs:
    """Names rules: two mutants that share a sign change the same rule, which a macro put into several places.

    A sign is a text that is too long to be the same by chance, the changed node's place in it, and the change.
    """

    def __init__(self) -> None:
        self._expressions: dict[int, str] = {}
        self._shapes: dict[int, _Shape] = {}
        # By the text's node: the text, and the number of each of its nodes.
        self._texts: dict[int, tuple[str, dict[int, int]]] = {}

    def expression(self, node: exp.Expression) -> str:
        """Return the SQL of the whole expression that a node is a part of."""
        root = _expression(node)
        if id(root) not in self._expressions:
            self._expressions[id(root)] = root.sql("bigquery")
        return self._expressions[id(root)]

    def of(self, node: exp.Expression, change: str) -> list[Sign]:
        """Return the signs of a change to a node."""
        root = _expression(node)
        found: list[Sign] = []
        if (query := node.find_ancestor(exp.CTE)) is not None:
            found.append((*self._numbered(query.this, node, exp.Expression.sql), change))
        if id(root) not in self._shapes:
            self._shapes[id(root)] = _Shape(root)
        shape = self._shapes[id(root)]
        if shape.size >= OTHER_COLUMNS_NODES:
            found.append((shape.text, *shape.places[id(node)], change))
        if sum(not isinstance(part, exp.Identifier) for part in root.walk()) >= SAME_COLUMNS_NODES:
            text, number = self._numbered(root, node, _without_tables)
            found += [(text, number, change), (text, *shape.places[id(node)], "repeated", change)]
        return found

    def _numbered(
        self, root: exp.Expression, node: exp.Expression, write: Callable[[exp.Expression], str]
    ) -> tuple[str, int]:
        if id(root) not in self._texts:
            self._texts[id(root)] = write(root), {id(part): number for number, part in enumerate(root.walk())}
        text, numbers = self._texts[id(root)]
        return text, numbers[id(node)]


def _expression(node: exp.Expression) -> exp.Expression:
    """Return the whole expression that a node is a part of."""
    while node.parent is not None and not isinstance(node, CLAUSES) and not isinstance(node.parent, CLAUSES):
        node = node.parent
    return node


def model_nodes(tree: exp.Expression) -> list[exp.Expression]:
    """Return the nodes of a unit test's query that come from the model, in order.

    :param tree: the query, as dbt runs it.
    """
    (actual,) = [cte for cte in tree.find_all(exp.CTE) if cte.alias == ACTUAL]
    model = actual.this.args["from_"].this.this
    given = {id(node) for cte in model.ctes if cte.alias.startswith(GIVEN) for node in cte.walk()}
    return [node for node in model.walk(bfs=False) if id(node) not in given]


def mutants_of(tree: exp.Expression) -> Iterator[tuple[Mutant, list[Sign]]]:
    """Yield every mutant of the model in a unit test's query, each with the signs of the rule that it changes."""
    signs = _Signs()
    for place, node in enumerate(model_nodes(tree)):
        for name, change in OPERATORS.items():
            changed = change(node)
            if changed is not None and not _is_implicit(node):
                before, after = node.sql("bigquery"), changed.sql("bigquery")
                yield Mutant(place, name, before, after, signs.expression(node)), signs.of(node, name)


@contextmanager
def mutated(nodes: Sequence[exp.Expression], place: int, name: str) -> Iterator[None]:
    """Change one node of a query while the context lasts.

    :param nodes: the query's nodes, of ``model_nodes``.
    :param place: number of the node to change.
    :param name: what kind of change.
    """
    node = nodes[place]
    changed = OPERATORS[name](node)
    assert changed is not None  # noqa: S101 - the same tree gives the same mutants
    # What replaces a node may be a part of it.
    changed = changed.copy()
    node.replace(changed)
    try:
        yield
    finally:
        changed.replace(node)

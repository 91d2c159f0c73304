"""GoogleSQL as BigQuery speaks it: the analyzer knows features that other Google products have and BigQuery has not."""

from __future__ import annotations

from collections.abc import Iterator

from googlesql.engine import Engine
from zetasql.wasi._pb2.zetasql.local_service.local_service_pb2 import LanguageOptionsRequest
from zetasql.wasi._pb2.zetasql.proto.function_pb2 import FunctionProto
from zetasql.wasi._pb2.zetasql.proto.options_pb2 import LanguageOptionsProto
from zetasql.wasi._pb2.zetasql.public.function_pb2 import FunctionEnums, SignatureArgumentKind
from zetasql.wasi._pb2.zetasql.public.options_pb2 import LanguageFeature, ProductMode
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_node_kind_pb2 import ResolvedNodeKind

# Not in BigQuery's reference (2026-11): a statement that needs one is refused there.
NOT_IN_BIGQUERY = """
    AGGREGATE_FILTERING ARRAY_AGGREGATION_FUNCTIONS ARRAY_EQUALITY ARRAY_FIND_FUNCTIONS ARRAY_GREATEST_LEAST
    ARRAY_ORDERING ARRAY_ZIP BRACED_PROTO_CONSTRUCTORS CHECK_CONSTRAINT DML_RETURNING DOT_PRODUCT ENABLE_MEASURES
    EXPERIMENTAL_MODULES EXTRACT_FROM_PROTO FILTER_FIELDS FOR_UPDATE GENERATED_BY_DEFAULT IDENTITY_COLUMNS
    INLINE_LAMBDA_ARGUMENT INSERT_ON_CONFLICT_CLAUSE JSON_TYPE_COMPARISON L1_NORM L2_NORM LATERAL_JOIN
    MANHATTAN_DISTANCE MATCH_MAKE_STRUCT_IN_GROUP_BY MULTILEVEL_AGGREGATION MULTILEVEL_AGGREGATION_ON_UDAS
    MULTIWAY_UNNEST NESTED_UPDATE_DELETE_WITH_OFFSET PIPE_ASSERT PIPE_CREATE_TABLE PIPE_DESCRIBE PIPE_EXPORT_DATA
    PIPE_FORK PIPE_IF PIPE_INSERT PIPE_RECURSIVE_UNION PIPE_STATIC_DESCRIBE PIPE_TEE PIPE_WITH PI_FUNCTIONS
    PROTO_MAPS REPLACE_FIELDS SAFE_FUNCTION_CALL_WITH_LAMBDA_ARGS STRATIFIED_RESERVOIR_TABLESAMPLE
    STRUCT_POSITIONAL_ACCESSOR TABLESAMPLE_FROM_TABLE_VALUED_FUNCTIONS TIMESTAMP_NANOS TIMESTAMP_PICOS UUID_TYPE
"""

# In BigQuery, though this analyzer counts them as being in development.
ALSO_IN_BIGQUERY = """
    ALTER_COLUMN_SET_DATA_TYPE COLLATION_SUPPORT CREATE_TABLE_CLONE CREATE_VIEWS_WITH_COLUMN_OPTIONS
"""


def bigquery_language(engine: Engine) -> LanguageOptionsProto:
    """Return the options with which the analyzer parses and resolves as BigQuery does.

    :raises ValueError: where ``NOT_IN_BIGQUERY`` names a feature that this analyzer has not.
    """
    options = engine.ask("GetLanguageOptions", LanguageOptionsRequest(maximum_features=True), LanguageOptionsProto)
    features = set(options.enabled_language_features)
    unwanted = {LanguageFeature.Value(f"FEATURE_{name}") for name in NOT_IN_BIGQUERY.split()}
    if unknown := unwanted - features:
        raise ValueError(f"not features of this analyzer: {[LanguageFeature.Name(f) for f in unknown]}")
    del options.enabled_language_features[:]
    wanted = {LanguageFeature.Value(f"FEATURE_{name}") for name in ALSO_IN_BIGQUERY.split()}
    options.enabled_language_features.extend(sorted(features - unwanted | wanted))
    options.product_mode = ProductMode.PRODUCT_EXTERNAL
    kinds = [number for name, number in ResolvedNodeKind.items() if name.endswith("_STMT")]
    del options.supported_statement_kinds[:]
    options.supported_statement_kinds.extend(kinds)
    options.reserved_keywords.append("QUALIFY")
    return options


def later_functions() -> Iterator[FunctionProto]:
    """Yield BigQuery's functions that this analyzer lacks: ``MAX_BY``, ``MIN_BY``, ``CONTAINS_SUBSTR``."""
    yield from _functions_of_ranks()
    # CONTAINS_SUBSTR(value, 'text'), without its optional argument.
    function = FunctionProto(name_path=["contains_substr"], group="BigQuery", mode=FunctionEnums.SCALAR)
    function.options.sql_name = "CONTAINS_SUBSTR"
    signature = function.signature.add()
    signature.argument.add(kind=SignatureArgumentKind.ARG_TYPE_ARBITRARY, num_occurrences=1)
    text = signature.argument.add(kind=SignatureArgumentKind.ARG_TYPE_FIXED, num_occurrences=1)
    text.type.type_kind = TypeKind.TYPE_STRING
    text.options.must_be_constant = True
    signature.return_type.kind = SignatureArgumentKind.ARG_TYPE_FIXED
    signature.return_type.type.type_kind = TypeKind.TYPE_BOOL
    signature.return_type.num_occurrences = 1
    yield function


def _functions_of_ranks() -> Iterator[FunctionProto]:
    for name in ("max_by", "min_by"):
        function = FunctionProto(name_path=[name], group="BigQuery", mode=FunctionEnums.AGGREGATE)
        function.options.sql_name = name.upper()
        # BigQuery's are synonyms of ANY_VALUE(x HAVING MAX y), which has no OVER clause.
        function.options.supports_over_clause = False
        signature = function.signature.add()
        signature.argument.add(kind=SignatureArgumentKind.ARG_TYPE_ANY_1, num_occurrences=1)
        ranked_by = signature.argument.add(kind=SignatureArgumentKind.ARG_TYPE_ANY_2, num_occurrences=1)
        ranked_by.options.must_support_ordering = True
        signature.return_type.kind = SignatureArgumentKind.ARG_TYPE_ANY_1
        signature.return_type.num_occurrences = 1
        yield function

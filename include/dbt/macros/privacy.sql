{#- Erased people stay out: what a source lands of them again is dropped where staging reads it, the one door into
    the warehouse. Who is erased is kept as salted hashes in ops.suppressed_identities (docs/privacy.md). -#}

{#- The list of erased source records; none where the table has not been created, or while dbt only parses. -#}
{% macro suppressed_identities() -%}
    {%- if execute -%}
        {{ return(load_relation(api.Relation.create(
            database=target.project, schema=var('ops_dataset'), identifier='suppressed_identities'
        ))) }}
    {%- endif -%}
{%- endmacro %}

{#- Columns of the model's source table that say whose row it is (`owners`) or name another person (`references`),
    with the kind of id they hold, as sources.yml declares them. Empty while nobody can have been erased. -#}
{% macro persons_of_source() -%}
    {%- set persons = {'owners': {}, 'references': {}} -%}
    {%- if execute and suppressed_identities() -%}
        {%- for source in graph.sources.values() if [source.source_name, source.name] in model.sources -%}
            {%- do persons.owners.update(source.config.meta.get('person', {})) -%}
            {%- do persons.references.update(source.config.meta.get('person_references', {})) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(persons) }}
{%- endmacro %}

{#- True if the id in `column` is one of an erased source record. Where the list was written with another salt
    nobody in it would be recognised: then the query fails. In parentheses, since IN and IS do not chain. `kind`:
    <source>:<entity>, or `user`, the login id, which is the shop's id of a customer. -#}
{% macro is_erased(column, kind) -%}
    {%- set salts = api.Relation.create(
        database=target.project, schema=var('ops_dataset'), identifier='erasure_salt'
    ) -%}
    {%- set salt = '(select max(salt) from ' ~ salts ~ ')' -%}
    {%- set entity = 'shopify:customer' if kind == 'user' else kind -%}
    (to_hex(sha256(concat({{ salt }}, '{{ entity }}:', cast({{ column }} as string)))) in (
            select
                if(
                    salt_id = to_hex(md5({{ salt }})), identity_hash,
                    error('ops.erasure_salt is not the one of ops.suppressed_identities: bring the former row back')
                )
            from {{ suppressed_identities() }}
        ))
{%- endmacro %}

{#- Part of a select list: references to erased people become null. -#}
{% macro without_erased_references(references) -%}
    {%- if references %} replace (
        {%- for column, kind in references.items() %}
        if({{ is_erased(column, kind) }}, null, {{ column }}) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}

{#- dbt writes the columns' descriptions after each build, and takes away every policy tag it does not know: so the tag
    of personal columns (`meta: {pii: true}`) is set in the same request. A view's columns cannot be tagged; BigQuery
    checks the tags of the tables that it reads. -#}
{% macro bigquery__alter_column_comment(relation, column_dict) -%}
    {%- set tag = env_var('MARKETING_PII_POLICY_TAG', '') -%}
    {%- set columns = {} -%}
    {%- for name, column in column_dict.items() -%}
        {%- set is_personal = column.get('config', {}).get('meta', {}).get('pii', false) -%}
        {%- set is_tagged = tag and is_personal and config.get('materialized') != 'view' -%}
        {%- do columns.update({name: dict(column, policy_tags=[tag]) if is_tagged else column}) -%}
    {%- endfor -%}
    {%- do adapter.update_columns(relation, columns) -%}
{%- endmacro %}

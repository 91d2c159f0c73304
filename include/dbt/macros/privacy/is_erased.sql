{% macro is_erased(column, kind) -%}
    {%- set salts = api.Relation.create(
        database=target.project, schema=var('secrets_dataset'), identifier='erasure_salt'
    ) -%}
    {%- set salt = '(select max(salt) from ' ~ salts ~ ')' -%}
    {%- set entity = 'shopify:customer' if kind == 'user' else kind -%}
    (to_hex(sha256(concat({{ salt }}, '{{ entity }}:', cast({{ column }} as string)))) in (
            select
                if(
                    salt_id = to_hex(md5({{ salt }})), identity_hash,
                    error('secrets.erasure_salt is not the one of ops.suppressed_identities: bring the former row back')
                )
            from {{ suppressed_identities() }}
        ))
{%- endmacro %}

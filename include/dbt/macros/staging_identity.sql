{#- Columns that a source system may know of a person, in the order of int_identity__records, with the
    value of a source that does not know it. -#}
{% macro identity_attributes() -%}
    {{ return({
        'first_name': 'cast(null as string)',
        'last_name': 'cast(null as string)',
        'email': 'cast(null as string)',
        'phone': 'cast(null as string)',
        'company': 'cast(null as string)',
        'street': 'cast(null as string)',
        'city': 'cast(null as string)',
        'state': 'cast(null as string)',
        'postcode': 'cast(null as string)',
        'country': 'cast(null as string)',
        'birth_date': 'cast(null as date)',
        'user_id': 'cast(null as string)',
        'device_ids': 'cast([] as array<string>)',
        'gclids': 'cast([] as array<string>)',
        'linked_identity_keys': 'cast([] as array<string>)',
        'created_at': 'cast(null as timestamp)',
        'updated_at': 'cast(null as timestamp)',
        'first_seen_date': 'cast(null as date)',
        'last_seen_date': 'cast(null as date)',
        'is_deleted': 'false',
    }) }}
{%- endmacro %}

{#- Select list of one source of int_identity__records. `entity`: such as 'salesforce:contact'; `id`: SQL of
    the record's id; `known`: SQL by column for what this source knows. -#}
{% macro identity_record(entity, id, known) -%}
    {%- for column in known if column not in identity_attributes() -%}
        {{ exceptions.raise_compiler_error("identity_record: unknown column " ~ column ~ " of " ~ entity) }}
    {%- endfor -%}
    concat('{{ entity }}:', {{ id }}) as identity_key,
        '{{ entity.split(":")[0] }}' as source,
        '{{ entity.split(":")[1] }}' as source_entity,
        {{ id }} as source_record_id,
        {%- for column, unknown in identity_attributes().items() %}
        {{ known.get(column, unknown) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
{%- endmacro %}

{#- True for rows whose `day` (SQL of a DATE) is in the run's window; true for all rows when the table is made
    anew, since staging keeps what bronze has forgotten. -#}
{% macro changed_in_window(day='date(synced_at)', lookback_days=0) -%}
    {%- if is_incremental() -%}
        {{ day }} between {{ window_start(lookback_days) }} and {{ window_end() }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- The recent days (SQL of a DATE) for a table that keeps what was before them; all days when it is made anew. -#}
{% macro recent_if_incremental(day) -%}
    {{ day }} >= {{ recent_start() if is_incremental() else "date '0001-01-01'" }}
{%- endmacro %}

{#- Aggregate: the known value with the greatest `by`; the value itself breaks ties. -#}
{% macro latest(value, by) -%}
    array_agg({{ value }} ignore nulls order by {{ by }} desc, {{ value }} limit 1)[safe_offset(0)]
{%- endmacro %}

{#- The later of two dates of which the second may be null. -#}
{% macro later_of(known, maybe) -%}
    greatest({{ known }}, coalesce({{ maybe }}, {{ known }}))
{%- endmacro %}

{#- Array of those values that are not null: BigQuery arrays cannot hold nulls. -#}
{% macro array_of(values) -%}
    array(select value from unnest([{{ values | join(', ') }}]) as value where value is not null)
{%- endmacro %}

{#- Ids given by us to Braze, Zendesk and the app are Shopify customer ids (digits) or sign-up ids: the former
    name the Shopify record. -#}
{% macro shopify_link(id) -%}
    if(regexp_contains({{ id }}, r'^[0-9]+$'), [concat('shopify:customer:', {{ id }})], cast([] as array<string>))
{%- endmacro %}

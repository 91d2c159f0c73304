{#- Every knob of identity resolution, with its unit. A dbt var `identity_<name>` overrides one. -#}
{% macro identity_setting(name) -%}
    {%- set defaults = {
        'max_people_per_value': 3,
        'max_users_per_device': 1,
        'max_records_per_identifier': 500,
        'max_records_per_block': 60,
        'expected_matches_per_record': 1.8,
        'expected_housemates_per_record': 0.2,
        'expected_colleagues_per_record': 0.3,
        'separate_accounts_bits': -8,
        'link_bits': 5,
        'conflict_bits': -4,
        'max_records_per_cluster': 1000,
    } -%}
    {{ return(var('identity_' ~ name, defaults[name])) }}
{%- endmacro %}

{#- Links that do not come from comparing two records, with the evidence each carries, in bits (log2 odds).
    A device or an ad click can be shared at home, so people who are clearly not the same overrule them. -#}
{% macro identity_rule_bits(rule) -%}
    {{ return({'stated_by_source': 40, 'same_user_id': 40, 'same_gclid': 20, 'same_device': 8, 'same_email': 15}[rule]) }}
{%- endmacro %}

{#- The id of the customer whose anchor record has this key. Only the key goes in, so a rebuild gives the same id. -#}
{% macro identity_customer_id(identity_key) -%}
    concat('c', substr(to_hex(sha256({{ identity_key }})), 1, 19))
{%- endmacro %}

{#- Evidence in bits as a probability (0–1), and the other way round is log2(p / (1 - p)). -#}
{% macro identity_probability(bits) -%}
    1 / (1 + pow(2, -{{ bits }}))
{%- endmacro %}

{#- True where two texts differ by one slip: an edit of one letter, of two in a long one, or two letters swapped. -#}
{% macro identity_is_slip(a, b) -%}
    (
        edit_distance({{ a }}, {{ b }}) <= if(least(length({{ a }}), length({{ b }})) >= 8, 2, 1)
        or (
            edit_distance({{ a }}, {{ b }}) = 2
            and length({{ a }}) = length({{ b }})
            and length({{ a }}) >= 4
            and soundex({{ a }}) = soundex({{ b }})
        )
    )
{%- endmacro %}

{#- True where two texts differ by two slips or sound the same. -#}
{% macro identity_is_alike(a, b) -%}
    (
        (edit_distance({{ a }}, {{ b }}) = 2 and least(length({{ a }}), length({{ b }})) >= 5)
        or (soundex({{ a }}) = soundex({{ b }}) and least(length({{ a }}), length({{ b }})) >= 3)
    )
{%- endmacro %}

{#- True where the first name of each is about the last name of the other, nicknames included. -#}
{% macro identity_is_swapped_close() -%}
    (
        (
            {{ identity_is_slip('a.first_name', 'b.last_name') }}
            and exists (
                select 1
                from unnest(a.last_names) as name_a, unnest(b.first_names) as name_b
                where {{ identity_is_slip('name_a', 'name_b') }}
            )
        ) or (
            {{ identity_is_slip('a.last_name', 'b.first_name') }}
            and exists (
                select 1
                from unnest(a.first_names) as name_a, unnest(b.last_names) as name_b
                where {{ identity_is_slip('name_a', 'name_b') }}
            )
        )
    )
{%- endmacro %}

{#- Before touched records are compared again: drop the pairs that they were in, for some will not come back. -#}
{% macro identity_forget_touched() -%}
    {%- if is_incremental() -%}
delete from {{ this }}
where
    identity_key_a in (select identity_key from {{ ref('int_identity__touched') }})
    or identity_key_b in (select identity_key from {{ ref('int_identity__touched') }})
    {%- endif -%}
{%- endmacro %}

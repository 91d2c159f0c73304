create or replace view `{{ view }}`
options (
    description = {{ description }},
    labels = [('layer', 'analytics'), ('domain', {{ domain }}), ('pii', 'false')]
) as
with kept as (
    select source.*
    from `{{ table }}` as source
    where
        true
        -- Who reads it may see fewer people (row access policies): so it asks for those who are there.
        {% if customer_column -%}
        and (
            source.{{ customer_column }} is null
            or source.{{ customer_column }} in (
                select customers.customer_id from `{{ customers }}` as customers
                where customers.is_unsubscribed is not true
            )
        )
        {%- endif %}
        {% if lead_column -%}
        and source.{{ lead_column }} in (
            select leads.lead_id from `{{ leads }}` as leads
            where leads.is_unsubscribed is not true
        )
        {%- endif %}
)
{%- for level in levels %},

counted_{{ loop.index }} as (
    select
        kept.*,
        count(*) over (partition by {{ level.before }}, {{ level.column }}) as alike
    from {{ "kept" if loop.first else "level_%d" % loop.index0 }} as kept
),

hidden_{{ loop.index }} as (
    select
        kept.*,
        countif(alike < {{ k }}) over (partition by {{ level.before }}) as rare,
        min(if(alike >= {{ k }}, alike, null)) over (partition by {{ level.before }}) as smallest
    from counted_{{ loop.index }} as kept
),

-- Where only a few would be hidden, that they are would tell: then the smallest group is hidden with them.
level_{{ loop.index }} as (
    select
        kept.* except (alike, rare, smallest)
        replace (
            if(
                alike >= {{ k }} and (rare = 0 or rare >= {{ k }} or alike > smallest), {{ level.column }}, null
            ) as {{ level.column }}
        )
    from hidden_{{ loop.index }} as kept
)
{%- endfor %}
{%- if has_key %},

key as (
    select array_agg(newest.secret order by newest.created_at desc limit 1)[safe_offset(0)] as secret
    from `{{ key }}` as newest
)
{%- endif %}

select
    {{ columns }}
from {{ last }} as kept
{% if has_key -%}
cross join key
{%- endif %}

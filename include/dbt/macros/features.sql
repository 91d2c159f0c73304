{#- For tables of current state, as `partitions` of an insert_overwrite model: true for every row of the table, so
    that dbt's one MERGE replaces all rows and keeps the table itself, with its grants, row policies and the
    materialized views on it. -#}
{% macro all_partitions(field) -%}
    {{ return(['dbt_internal_dest.' ~ field]) }}
{%- endmacro %}

{#- Countable activity: column of int_features__daily → the windows (days) in which ml_features adds it up. -#}
{% macro feature_windows() -%}
    {{ return({
        'sessions': [7, 30, 90, 365],
        'app_sessions': [30, 90],
        'engaged_sessions': [30, 90],
        'bounced_sessions': [30, 90],
        'paid_sessions': [30, 90],
        'direct_sessions': [30, 90],
        'active_days': [7, 30, 90, 365],
        'pageviews': [7, 30, 90, 365],
        'product_views': [7, 30, 90],
        'add_to_carts': [7, 30, 90],
        'checkouts': [30, 90],
        'session_seconds': [30, 90],
        'messages_delivered': [7, 30, 90],
        'messages_opened': [7, 30, 90],
        'messages_clicked': [7, 30, 90],
        'ad_clicks': [30, 90],
        'orders': [30, 90, 365],
        'cancelled_orders': [90, 365],
        'items': [90, 365],
        'tickets': [30, 90, 365],
        'tickets_solved': [90],
        'good_ratings': [365],
        'bad_ratings': [365],
        'leads_created': [90, 365],
        'leads_converted': [365],
    }) }}
{%- endmacro %}

{#- The longest window of a feature, in days: how much history a snapshot reads. -#}
{% macro feature_history_days() -%}
    {{ return(365) }}
{%- endmacro %}

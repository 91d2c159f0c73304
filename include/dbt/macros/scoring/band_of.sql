{% macro band_of(bands, value) -%}
    (
        select array_agg(band.band order by band.minimum desc limit 1)[safe_offset(0)]
        from unnest({{ bands }}) as band
        where band.minimum <= {{ value }}
    )
{%- endmacro %}

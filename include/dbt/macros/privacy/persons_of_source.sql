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

update `{{ requests }}`
set
    {{ status }}_at = current_timestamp(),
    {% if status == "erased" -%}
    erased_rows = parse_json(@erased_rows),
    {%- elif status == "proven" -%}
    searched_tables = @searched_tables,
    {%- endif %}
    status = '{{ status }}',
    run_id = @run_id
where request_id = @request_id

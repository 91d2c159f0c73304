"""Pages for people: figures of gold as HTML that needs no server, by the definitions in dbt's metrics."""

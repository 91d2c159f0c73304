select
    table_name,
    view_definition
from `{{ dataset }}.INFORMATION_SCHEMA.VIEWS`
order by table_name

-- BigQuery takes a subquery per row over an array, not over a table: the values come as one array.
update `{{ table }}`
set
    {{ array }} = array(
        select element from unnest({{ array }}) as element
        where element not in unnest(searched.identifiers)
    )
from (select array({{ values }}) as identifiers) as searched
where
    {{ everywhere }}
    and exists (
        select element from unnest({{ array }}) as element
        where element in unnest(searched.identifiers)
    )

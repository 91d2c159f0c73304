select
    action,
    count(*) as records,
    array_agg(record_key order by record_key limit {{ samples }}) as sample_keys,
    array_agg(coalesce(reject_reason, changed_fields, '') order by record_key limit {{ samples }})
        as sample_details,
    array_agg(
        to_json_string(struct(record_key as key, reject_reason, changed_fields, known_shown, shown))
        order by record_key limit {{ samples }}
    ) as samples
from (
    {% include "activation/sql/changes.sql" %}
) as found
where action != 'forget'
group by action
order by action

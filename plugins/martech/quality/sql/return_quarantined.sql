insert into `{{ table }}` ({{ columns }})
select {{ returned_columns }}
from (
    {% include "quality/sql/parse_quarantined.sql" %}
) as parsed
cross join unnest(generate_array(1, parsed.copies)) as copy_number
where
    parsed.row_hash in unnest(@hashes)
    and to_hex(sha256(to_json_string(parsed.raw))) not in (
        select to_hex(sha256(to_json_string(landed))) from `{{ table }}` as landed
        where {{ landed_days }}
    )

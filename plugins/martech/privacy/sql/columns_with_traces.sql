select {{ counts }}
from `{{ table }}` as searched
where {{ everywhere }} and regexp_contains(to_json_string(searched), {{ pattern }})

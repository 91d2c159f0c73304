select
    concat(
        r'(?i)(?:^|[^0-9a-z])(?:',
        string_agg(regexp_replace(value, r'([\\.+*?()|\[\]{}^$-])', r'\\\1'), '|'),
        r')(?:[^0-9a-z]|$)'
    )
from {{ relation }}
where request_id = @request_id and char_length(value) >= {{ shortest }}

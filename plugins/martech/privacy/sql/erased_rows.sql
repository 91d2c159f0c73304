select to_json_string(erased_rows) as erased_rows
from `{{ requests }}`
where request_id = @request_id

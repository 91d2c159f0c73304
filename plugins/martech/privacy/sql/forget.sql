delete from `{{ identifiers }}`
where request_id = @request_id

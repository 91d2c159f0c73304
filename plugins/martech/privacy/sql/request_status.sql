select status from `{{ requests }}`
where request_id = @request_id

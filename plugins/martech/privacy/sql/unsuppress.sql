delete from `{{ suppressed }}`
where request_id = @request_id

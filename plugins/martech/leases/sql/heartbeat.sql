update `{{ leases }}`
set
    heartbeat_at = current_timestamp(),
    expires_at = timestamp_add(current_timestamp(), interval @seconds second)
where
    name = @name
    and token = @token

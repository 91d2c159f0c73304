update `{{ leases }}`
set
    owner = null,
    try_number = null,
    token = null,
    expires_at = null
where
    name = @name
    and token = @token

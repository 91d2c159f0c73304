update `{{ leases }}`
set
    owner = null,
    try_number = null,
    expires_at = null
where
    name = @name
    and owner = @owner
    and try_number = @try_number

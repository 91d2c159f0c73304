select
    owner,
    try_number,
    acquired_at,
    expires_at > current_timestamp() as is_alive
from `{{ leases }}`
where
    name = @name
    and owner is not null

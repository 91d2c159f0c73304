-- One statement decides. BigQuery lets one of two that change the same rows at the same time succeed, and runs the
-- other again on what the first has left.
update `{{ leases }}`
set
    owner = @owner,
    try_number = @try_number,
    token = @token,
    acquired_at = current_timestamp(),
    heartbeat_at = current_timestamp(),
    expires_at = timestamp_add(current_timestamp(), interval @seconds second)
where
    name = @name
    and not exists (
        select 1 from `{{ leases }}` as held
        where
            held.name = @name
            and held.owner is not null
            and held.expires_at > current_timestamp()
            and not (held.owner = @owner and held.try_number <= @try_number)
    )

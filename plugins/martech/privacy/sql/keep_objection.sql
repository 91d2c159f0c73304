insert into `{{ objections }}` (request_id, purpose, identity_key, objected_at, run_id)
select
    @request_id as request_id,
    @purpose as purpose,
    person.value as identity_key,
    current_timestamp() as objected_at,
    @run_id as run_id
from (
    {{ person }}
) as person
left join `{{ objections }}` as known
    on
        person.value = known.identity_key
        and known.purpose = @purpose
        and known.withdrawn_at is null
where person.kind = 'identity' and known.identity_key is null

merge into `{{ targets }}` as kept
using (
    select
        @sync_name as sync_name,
        @target as target,
        @declaration as declaration
) as found
    on kept.sync_name = found.sync_name
when matched then update set target = found.target, declaration = found.declaration, kept_at = current_timestamp()
when not matched then
    insert (sync_name, target, declaration, kept_at)
    values (found.sync_name, found.target, found.declaration, current_timestamp())

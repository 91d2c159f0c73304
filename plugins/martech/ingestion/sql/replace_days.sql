-- The rows of days, replaced in one step.
merge into `{{ table }}` as bronze
using (
    with
    {{ ctes }}

    select {{ values }}
    from final
    where {{ new }}
) as landing
    on false
when not matched by source and {{ old }} then delete
when not matched by target then insert ({{ columns }}) values ({{ columns }})

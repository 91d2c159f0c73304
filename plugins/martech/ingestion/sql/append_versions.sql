-- Versions that synced in the window and are not there yet: a rerun adds nothing, and nothing is taken away.
insert into `{{ table }}` ({{ columns }})
with
{{ ctes }},

landing as (
    select {{ values }}
    from final
    where
        final._fivetran_synced >= timestamp(@first)
        and final._fivetran_synced < timestamp(date_add(@last, interval 1 day))
    qualify row_number() over (partition by {{ final_identity }}) = 1
),

landed as (
    select {{ identity }}, _fivetran_synced as landed_at
    from `{{ table }}`
    where
        {{ field }} >= cast(@first as {{ kind }})
        and {{ field }} < cast(date_add(@last, interval 1 day) as {{ kind }})
)

select {{ landing_columns }}
from landing
left join landed on {{ same }}
where landed.landed_at is null

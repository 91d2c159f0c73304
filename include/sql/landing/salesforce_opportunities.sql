-- The primary contact is a role beside the opportunity.
with
primary_contacts as (
    select
        _connection,
        opportunity_id,
        max(if(is_primary and not coalesce(is_deleted, false), contact_id, null)) as contact_id,
        max(_fivetran_synced) as synced
    from contact_roles
    group by _connection, opportunity_id
),

final as (
    select
        opportunities.* except (_fivetran_synced),
        primary_contacts.contact_id,
        greatest(
            opportunities._fivetran_synced, coalesce(primary_contacts.synced, opportunities._fivetran_synced)
        ) as _fivetran_synced
    from opportunities
    left join primary_contacts
        on
            opportunities.id = primary_contacts.opportunity_id
            and opportunities._connection = primary_contacts._connection
)

select * from final

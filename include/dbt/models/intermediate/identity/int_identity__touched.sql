{#- The memberships that were compared last time: that table is written after the comparisons, which need this
    model first. -#}
{%- set compared = identity_former_table(this.schema, 'int_identity__compared') -%}
{%- set comparisons = identity_former_table(this.schema, 'int_identity__comparisons') -%}

with members as (
    select * from {{ ref('int_identity__block_members') }}
),

{% if compared and comparisons and not should_full_refresh() -%}
-- A record is touched where it entered or left a block, or changed what is compared. A block that grew too
-- big, or shrank again, touches all its members, so that no order of runs leaves other pairs behind.
final as (
    select distinct coalesce(members.identity_key, compared.identity_key) as identity_key
    from members
    full outer join {{ compared }} as compared
        on
            members.block_key = compared.block_key
            and members.identity_key = compared.identity_key
            and members.fingerprint = compared.fingerprint
    where members.identity_key is null or compared.identity_key is null
)
{%- else -%}
final as (
    select distinct identity_key
    from members
)
{%- endif %}

select * from final

-- The connector keeps a row for each change of a campaign: the newest one lands.
with
newest_campaigns as (
    select * from campaigns
    qualify row_number() over (partition by _connection, id order by updated_at desc, _fivetran_synced desc) = 1
),

tags as (
    select
        newest_campaigns._connection,
        newest_campaigns.id,
        parse_json(
            concat(
                '[',
                string_agg(distinct to_json_string(campaign_tags.tag), ', ' order by to_json_string(campaign_tags.tag)),
                ']'
            )
        ) as tags,
        max(campaign_tags._fivetran_synced) as synced
    from newest_campaigns
    inner join campaign_tags
        on
            newest_campaigns.id = campaign_tags.campaign_id
            and newest_campaigns._connection = campaign_tags._connection
    where campaign_tags.campaign_updated_at is null or campaign_tags.campaign_updated_at = newest_campaigns.updated_at
    group by newest_campaigns._connection, newest_campaigns.id
),

channels as (
    select
        _connection,
        id,
        coalesce(channel_email, false) as email,
        coalesce(channel_ios_push, false)
        or coalesce(channel_android_push, false)
        or coalesce(channel_web_push, false) as push,
        coalesce(channel_sms, false) as sms,
        coalesce(channel_in_app_message, false) as in_app
    from newest_campaigns
),

final as (
    select
        newest_campaigns.* except (
            channel_email, channel_ios_push, channel_android_push, channel_web_push, channel_sms,
            channel_in_app_message, _fivetran_synced
        ),
        parse_json(
            concat(
                '[',
                array_to_string(
                    [
                        if(channels.email, '"email"', null),
                        if(channels.push, '"push"', null),
                        if(channels.sms, '"sms"', null),
                        if(channels.in_app, '"in_app"', null)
                    ],
                    ', '
                ),
                ']'
            )
        ) as channels,
        case
            when channels.email then 'email'
            when channels.push then 'push'
            when channels.sms then 'sms'
            when channels.in_app then 'in_app'
        end as message_type,
        tags.tags,
        greatest(
            newest_campaigns._fivetran_synced, coalesce(tags.synced, newest_campaigns._fivetran_synced)
        ) as _fivetran_synced
    from newest_campaigns
    left join channels on newest_campaigns.id = channels.id and newest_campaigns._connection = channels._connection
    left join tags on newest_campaigns.id = tags.id and newest_campaigns._connection = tags._connection
)

select * from final

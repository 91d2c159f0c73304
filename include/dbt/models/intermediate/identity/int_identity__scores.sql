with levels as (
    select * from {{ ref('int_identity__levels') }}
),

weights as (
    select * from {{ ref('identity_weights') }}
),

separate_accounts as (
    select * from {{ ref('int_identity__separate_accounts') }}
),

likelihoods as (
    select
        levels.*,
        weights.same_person,
        weights.housemate,
        weights.colleague,
        case weights.stranger_basis
            when 'term_frequency' then weights.stranger * levels.frequency
            when 'per_record' then least(1, weights.stranger / levels.record_count)
            else weights.stranger
        end as stranger
    from levels
    inner join weights on levels.comparison_name = weights.comparison and levels.agreement = weights.level
),

-- Against each other explanation of the pair: strangers, two people of one home, two of one company.
evidence as (
    select
        identity_key_a,
        identity_key_b,
        any_value(record_count) as record_count,
        sum(log(same_person / stranger, 2)) as bits_over_strangers,
        sum(log(same_person / coalesce(housemate, stranger), 2)) as bits_over_housemates,
        sum(log(same_person / coalesce(colleague, stranger), 2)) as bits_over_colleagues,
        string_agg(if(same_person > 2 * stranger, comparison_name, null), '+' order by comparison_name)
            as evidence,
        string_agg(if(same_person < stranger, comparison_name, null), '+' order by comparison_name)
            as counter_evidence,
        logical_or(comparison_name = 'first_name') as is_named,
        logical_or(starts_with(comparison_name, 'email') and agreement = 'exact') as has_same_email,
        logical_or(comparison_name = 'first_name' and agreement = 'different')
        or logical_or(comparison_name = 'birth_date' and agreement = 'different') as is_contradicted
    from likelihoods
    group by identity_key_a, identity_key_b
),

-- Fellegi–Sunter with three alternatives in place of one. The prior odds of an alternative are how many
-- records of that kind there are per record of the same person.
scored as (
    select
        *,
        -log(
            pow(2, -bits_over_strangers) * record_count
            / {{ var('identity_expected_matches_per_record') }}
            + pow(2, -bits_over_housemates) * {{ var('identity_expected_housemates_per_record') }}
            / {{ var('identity_expected_matches_per_record') }}
            + pow(2, -bits_over_colleagues) * {{ var('identity_expected_colleagues_per_record') }}
            / {{ var('identity_expected_matches_per_record') }},
            2
        ) as model_bits
    from evidence
),

-- Who opens a second account gives the same phone, birth date or mailbox. Two accounts with none of it in common are
-- two people of one name, such as father and son in one home, whatever their names and address add up to.
with_accounts as (
    select
        scored.*,
        if(separate_accounts.identity_key_a is null, 0, {{ var('identity_separate_accounts_bits') }})
            as account_bits
    from scored
    left join separate_accounts
        on
            scored.identity_key_a = separate_accounts.identity_key_a
            and scored.identity_key_b = separate_accounts.identity_key_b
),

final as (
    select
        identity_key_a,
        identity_key_b,
        if(has_same_email and not is_contradicted, 'same_email', 'similar_person') as match_rule,
        evidence,
        if(
            account_bits = 0, counter_evidence, concat(coalesce(concat(counter_evidence, '+'), ''), 'separate_accounts')
        ) as counter_evidence,
        -- Whole bits: a daily drift of frequencies must not touch every pair.
        cast(round(greatest(-40, least(40, if(
            has_same_email and not is_contradicted,
            greatest(model_bits, {{ var('identity_rule_bits').same_email }}),
            model_bits + account_bits
        )))) as int64) as match_bits,
        -- Against a link speaks a pair that is none, if both have a name: little to go by is no conflict.
        cast(round(greatest(-40, least(
            account_bits,
            if(is_named, model_bits, least(bits_over_strangers, bits_over_housemates, bits_over_colleagues))
        ))) as int64) as against_bits
    from with_accounts
)

select * from final

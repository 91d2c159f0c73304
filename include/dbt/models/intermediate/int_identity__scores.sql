with comparisons as (
    select * from {{ ref('int_identity__comparisons') }}
),

features as (
    select * from {{ ref('int_identity__features') }}
),

weights as (
    select * from {{ ref('identity_weights') }}
),

-- One row per pair and comparison; `frequency` is how common the value is that both agree on.
compared as (
    select
        comparisons.identity_key_a,
        comparisons.identity_key_b,
        features.record_count,
        comparison.name,
        comparison.level,
        comparison.frequency,
    from comparisons
    inner join features on comparisons.identity_key_a = features.identity_key
    cross join unnest([
        struct(
            'first_name' as name,
            comparisons.first_name_level as level,
            features.first_name_frequency as frequency
        ),
        struct('last_name' as name, comparisons.last_name_level as level, features.last_name_frequency as frequency),
        struct('email' as name, comparisons.email_level as level, null as frequency),
        struct('phone' as name, comparisons.phone_level as level, null as frequency),
        struct('birth_date' as name, comparisons.birth_date_level as level, null as frequency),
        struct('street' as name, comparisons.street_level as level, null as frequency),
        struct(
            'place' as name,
            comparisons.place_level as level,
            if(comparisons.place_level = 'postcode', features.postcode_frequency, features.city_frequency)
                as frequency
        ),
        struct('company' as name, comparisons.company_level as level, features.company_frequency as frequency)
    ]) as comparison
    where comparison.level != 'missing'
),

likelihoods as (
    select
        compared.*,
        weights.same_person,
        weights.housemate,
        weights.colleague,
        case weights.stranger_basis
            when 'term_frequency' then compared.frequency
            when 'per_record' then least(1, weights.stranger / compared.record_count)
            else weights.stranger
        end as stranger,
    from compared
    inner join weights on compared.name = weights.comparison and compared.level = weights.level
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
        string_agg(if(same_person > 2 * stranger, name, null), '+' order by name) as evidence,
        string_agg(if(same_person < stranger, name, null), '+' order by name) as counter_evidence,
        logical_or(name = 'email' and level = 'exact') as has_same_email,
        logical_or(name = 'first_name' and level = 'different')
            or logical_or(name = 'birth_date' and level = 'different') as is_contradicted,
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
            / {{ identity_setting('expected_matches_per_record') }}
            + pow(2, -bits_over_housemates) * {{ identity_setting('expected_housemates_per_record') }}
            / {{ identity_setting('expected_matches_per_record') }}
            + pow(2, -bits_over_colleagues) * {{ identity_setting('expected_colleagues_per_record') }}
            / {{ identity_setting('expected_matches_per_record') }},
            2
        ) as model_bits,
    from evidence
),

final as (
    select
        identity_key_a,
        identity_key_b,
        if(has_same_email and not is_contradicted, 'same_email', 'similar_person') as match_rule,
        evidence,
        counter_evidence,
        -- Whole bits: a daily drift of frequencies must not touch every pair.
        cast(round(greatest(-40, least(40, if(
            has_same_email and not is_contradicted,
            greatest(model_bits, {{ identity_rule_bits('same_email') }}),
            model_bits
        )))) as int64) as match_bits,
    from scored
)

select * from final

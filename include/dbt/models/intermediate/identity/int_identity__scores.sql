with levels as (
    select * from {{ ref('int_identity__levels') }}
),

weights as (
    select * from {{ ref('int_identity__weights') }}
),

features as (
    select * from {{ ref('int_identity__features') }}
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
        {{ identity_stranger() }} as stranger
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
        or logical_or(comparison_name = 'birth_date' and agreement in ('different', 'generation'))
        or logical_or(comparison_name = 'name_suffix' and agreement = 'different') as is_contradicted
    from likelihoods
    group by identity_key_a, identity_key_b
),

-- How many people of one home there are per record, where the data show it: same last name and street, but neither the
-- first name nor the birth date in common. Without homes in the data a rare slip is the better explanation.
housemate_pairs as (
    select
        levels.identity_key_a,
        levels.identity_key_b
    from levels
    group by levels.identity_key_a, levels.identity_key_b
    having
        logical_or(levels.comparison_name = 'last_name' and levels.agreement = 'exact')
        and logical_or(levels.comparison_name = 'street' and levels.agreement = 'exact')
        and logical_or(levels.comparison_name = 'first_name' and levels.agreement = 'different')
        and logical_or(levels.comparison_name = 'birth_date' and levels.agreement in ('different', 'generation'))
),

located as (
    select count(*) as records
    from features
    where first_name is not null and last_name is not null and street is not null and birth_date is not null
),

homes as (
    {%- set expected = var('identity_expected_housemates_per_record') %}
    {%- set known = var('identity_known_homes') %}
    select
        if(
            located.records < {{ known.records }},
            {{ expected }},
            -- Powers of two: a daily drift must not touch every pair.
            pow(2, round(log(least({{ expected }}, greatest(
                {{ known.least }},
                safe_divide((select count(*) from housemate_pairs) / {{ known.share }}, located.records)
            )), 2)))
        ) as housemates_per_record
    from located
),

-- Fellegi–Sunter with three alternatives in place of one. The prior odds of an alternative are how many
-- records of that kind there are per record of the same person.
scored as (
    select
        *,
        -log(
            pow(2, -bits_over_strangers) * record_count
            / {{ var('identity_expected_matches_per_record') }}
            + pow(2, -bits_over_housemates) * (select homes.housemates_per_record from homes)
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

-- A mailbox of two people, such as a couple's.
shared_mailboxes as (
    select distinct features.email
    from with_accounts
    inner join features on with_accounts.identity_key_a = features.identity_key
    where
        with_accounts.has_same_email
        and with_accounts.is_contradicted
        and with_accounts.model_bits + with_accounts.account_bits < {{ var('identity_link_bits') }}
),

-- Who wrote from it without a name is one of them, and does not make them one: the best pair, else the first.
nameless_pairs as (
    select
        with_accounts.identity_key_a,
        with_accounts.identity_key_b,
        (a.first_name is null) != (b.first_name is null)
        and row_number() over (
            partition by if(a.first_name is null, a.identity_key, b.identity_key)
            order by
                (a.first_name is null) = (b.first_name is null),
                round(with_accounts.model_bits) desc,
                if(a.first_name is null, b.identity_key, a.identity_key)
        ) = 1 as is_writer
    from with_accounts
    inner join features as a on with_accounts.identity_key_a = a.identity_key
    inner join features as b on with_accounts.identity_key_b = b.identity_key
    inner join shared_mailboxes on a.email = shared_mailboxes.email
    where with_accounts.has_same_email and (a.first_name is null or b.first_name is null)
),

mailboxes as (
    select
        with_accounts.*,
        coalesce(nameless_pairs.is_writer, true) as is_writer
    from with_accounts
    left join nameless_pairs
        on
            with_accounts.identity_key_a = nameless_pairs.identity_key_a
            and with_accounts.identity_key_b = nameless_pairs.identity_key_b
),

with_mailboxes as (
    select
        *,
        has_same_email and not is_contradicted and is_writer as is_same_mailbox
    from mailboxes
),

final as (
    select
        identity_key_a,
        identity_key_b,
        if(is_same_mailbox, 'same_email', 'similar_person') as match_rule,
        evidence,
        if(
            account_bits = 0, counter_evidence, concat(coalesce(concat(counter_evidence, '+'), ''), 'separate_accounts')
        ) as counter_evidence,
        -- Whole bits: a daily drift of frequencies must not touch every pair.
        cast(round(greatest(-40, least(40, case
            when is_same_mailbox then greatest(model_bits, {{ var('identity_rule_bits').same_email }})
            when is_writer then model_bits + account_bits
            else least(0, model_bits + account_bits)
        end))) as int64) as match_bits,
        -- Against a link speaks a pair that is none, if both have a name: little to go by is no conflict.
        cast(round(greatest(-40, least(
            account_bits,
            if(is_named, model_bits, least(bits_over_strangers, bits_over_housemates, bits_over_colleagues))
        ))) as int64) as against_bits
    from with_mailboxes
)

select * from final

-- Written by `make ddl` from include/dbt/models/silver/customer_360.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.customer_360` (
    customer_id string not null options (description = 'Customer: one person, whatever sources know of them'),
    full_name string options (description = 'First and last name of the winning source; null while anonymous'),
    first_name string options (description = 'First name of the winning source; null while anonymous'),
    last_name string options (description = 'Last name of the winning source; null while anonymous'),
    email string options (description = 'E-mail address of the winning source, lower case; null if none is known'),
    email_hash string options (description = 'SHA-256 (hex) of the e-mail; null if none is known'),
    email_domain string options (description = 'Domain of the e-mail; null if none is known'),
    phone string options (description = 'Phone number of the winning source, E.164; null if none is known'),
    phone_hash string options (description = 'SHA-256 (hex) of the phone number; null if none is known'),
    birth_year int64 options (description = 'Year of birth; null if unknown'),
    gender string options (description = 'Gender as given to Braze; null if unknown'),
    preferred_language string options (description = 'Preferred language (ISO 639-1); null if unknown'),
    time_zone string options (description = 'Time zone (IANA name); null if unknown'),
    street string options (description = 'Street address of the winning source; null if unknown'),
    city string options (description = 'City; null if unknown'),
    region string options (description = 'State or region; null if unknown'),
    postal_code string options (description = 'Postal code; null if unknown'),
    country string options (description = 'Country (ISO 3166-1 alpha-2 where its name is known); null if unknown'),
    company string options (description = 'Company; null if none is known'),
    job_title string options (description = 'Job title; null if unknown'),
    industry string options (description = 'Industry of the company; null if unknown'),
    company_employees int64 options (description = 'Number of employees of the company; null if unknown'),
    company_annual_revenue numeric options (description = 'Annual revenue of the company (USD); null if unknown'),
    in_salesforce bool not null options (description = 'Whether Salesforce has a contact or lead of the customer'),
    in_shopify bool not null options (description = 'Whether Shopify has a customer record or a guest order'),
    in_web bool not null options (description = 'Whether GA360 has seen a visitor'),
    in_app bool not null options (description = 'Whether Firebase has seen an app user'),
    in_braze bool not null options (description = 'Whether Braze has a profile'),
    in_zendesk bool not null options (description = 'Whether Zendesk has a user'),
    source_count int64 not null options (description = 'Number of source systems that know the customer'),
    source_record_count int64 not null options (description = 'Number of source records resolved to the customer'),
    salesforce_contact_id string options (description = 'Newest Salesforce contact; null if none'),
    salesforce_lead_id string options (description = 'Newest Salesforce lead; null if none'),
    salesforce_account_id string options (description = 'Salesforce account of that contact; null if none'),
    shopify_customer_id string options (description = 'Newest Shopify customer; null if none'),
    braze_user_id string options (description = 'External id of the newest Braze profile; null if none'),
    zendesk_user_id string options (description = 'Newest Zendesk user; null if none'),
    first_seen_date date options (description = 'Earliest record or activity; null if nothing is dated'),
    last_seen_date date options (
        description = 'Latest session, click, message opened, order, ticket or lead; null if there was none'
    ),
    days_since_last_seen int64 options (
        description = 'Days from last_seen_date to as_of_date; null if there was no activity'
    ),
    acquisition_channel string options (
        description = 'Channel of the earliest touch, else of the first lead or order; null if none'
    ),
    acquisition_source string options (description = 'Traffic source of that touch; null if direct or unknown'),
    acquisition_campaign string options (description = 'Campaign of that touch; null if none'),
    lifecycle_stage string not null options (
        description = 'visitor, subscriber, lead, working_lead, qualified_lead, opportunity, customer, repeat_customer or churned'  -- noqa: LT05
    ),
    is_identified bool not null options (
        description = 'Whether a name, e-mail or phone is known; false for an anonymous visitor'
    ),
    is_customer bool not null options (description = 'Whether there is a revenue event that was not cancelled'),
    total_revenue numeric not null options (description = 'Net revenue of all time (USD)'),
    revenue_30d numeric not null options (description = 'Net revenue of the last 30 days (USD)'),
    revenue_90d numeric not null options (description = 'Net revenue of the last 90 days (USD)'),
    revenue_365d numeric not null options (description = 'Net revenue of the last 365 days (USD)'),
    order_count int64 not null options (
        description = 'Orders and won opportunities of all time that were not cancelled, refunded ones too; an order of gift cards alone is none'  -- noqa: LT05
    ),
    orders_90d int64 not null options (description = 'Revenue events of the last 90 days, cancelled ones left out'),
    average_order_value numeric options (description = 'total_revenue / order_count (USD); null without an order'),
    refund_total numeric not null options (
        description = 'Refunds of goods of all time (USD), without tax and shipping'
    ),
    refund_rate float64 options (description = 'Refunds over discounted gross revenue (0–1); null without an order'),
    first_order_date date options (description = 'Day of the first revenue event; null without an order'),
    last_order_date date options (description = 'Day of the last revenue event; null without an order'),
    days_since_last_order int64 options (
        description = 'Days from last_order_date to as_of_date; null without an order'
    ),
    average_days_between_orders float64 options (
        description = 'Mean days between revenue events; null with fewer than two'
    ),
    sessions_7d int64 not null options (description = 'Web and app sessions of the last 7 days'),
    sessions_30d int64 not null options (description = 'Web and app sessions of the last 30 days'),
    sessions_90d int64 not null options (description = 'Web and app sessions of the last 90 days'),
    app_sessions_30d int64 not null options (description = 'App sessions of the last 30 days'),
    active_days_30d int64 not null options (description = 'Days with a session among the last 30'),
    pageviews_30d int64 not null options (description = 'Pages and screens seen in the last 30 days'),
    pageviews_90d int64 not null options (description = 'Pages and screens seen in the last 90 days'),
    product_views_30d int64 not null options (description = 'Product detail views of the last 30 days'),
    add_to_carts_30d int64 not null options (description = 'Add-to-cart actions of the last 30 days'),
    last_session_date date options (description = 'Day of the last session; null without a session'),
    days_since_last_session int64 options (
        description = 'Days from last_session_date to as_of_date; null without a session'
    ),
    preferred_device string options (
        description = 'Device category of most sessions of the last 90 days; null without a session'
    ),
    preferred_channel string options (
        description = 'Channel of most interactions of 90 days, Direct left out; null if none'
    ),
    messages_delivered_90d int64 not null options (description = 'Braze messages delivered in the last 90 days'),
    messages_opened_90d int64 not null options (description = 'Messages opened in the last 90 days'),
    messages_clicked_90d int64 not null options (description = 'Messages clicked in the last 90 days'),
    open_rate_90d float64 options (
        description = 'Opened over delivered of the last 90 days (0–1); null if none delivered'
    ),
    click_rate_90d float64 options (
        description = 'Clicked over delivered of the last 90 days (0–1); null if none delivered'
    ),
    email_subscription string options (
        description = 'opted_in, subscribed or unsubscribed in Braze; null without a profile'
    ),
    push_subscription string options (
        description = 'opted_in, subscribed or unsubscribed in Braze; null without a profile'
    ),
    email_consent string not null options (description = 'Consent to e-mail (granted, denied or unspecified)'),
    sms_consent string not null options (description = 'Consent to text messages (granted, denied or unspecified)'),
    push_consent string not null options (
        description = 'Consent to push notifications (granted, denied or unspecified)'
    ),
    ad_user_data string not null options (
        description = 'Consent to the use of their data for ads (granted, denied or unspecified)'
    ),
    ad_personalization string not null options (
        description = 'Consent to personalised ads (granted, denied or unspecified)'
    ),
    is_unsubscribed bool not null options (
        description = 'Whether any source says that the person must not get e-mail, or they have objected to marketing'
    ),
    tickets_total int64 not null options (description = 'Support tickets of all time'),
    tickets_90d int64 not null options (description = 'Support tickets of the last 90 days'),
    open_tickets int64 not null options (description = 'Support tickets that are not solved'),
    satisfaction_rate float64 options (description = 'Good over rated tickets (0–1); null if none is rated'),
    average_resolution_hours float64 options (description = 'Mean hours from open to solved; null if none is solved'),
    last_ticket_date date options (description = 'Day of the last ticket; null if there is none'),
    lead_status string options (description = 'Status of the newest lead; null without a lead'),
    open_opportunity_count int64 not null options (description = 'Open Salesforce opportunities'),
    pipeline_amount numeric not null options (description = 'Amount of the open opportunities (USD)'),
    won_opportunity_count int64 not null options (description = 'Won Salesforce opportunities'),
    won_amount numeric not null options (description = 'Amount of the won opportunities (USD)'),
    engagement_score float64 options (
        description = 'Recency of any activity, active days, pages, messages and orders, weighted (0–100); null after an objection to profiling'  -- noqa: LT05
    ),
    churn_risk_score float64 options (
        description = 'Probability (0–1) to order nothing in the next 90 days, by visits, orders, complaints and opt-out; null after an objection to profiling'  -- noqa: LT05
    ),
    churn_risk_category string options (
        description = 'low, medium, high or critical, by churn_risk_score; null where that is'
    ),
    profile_completeness_score float64 not null options (
        description = 'Share of the profile attributes that are filled, weighted (0–100)'
    ),
    has_valid_email bool not null options (description = 'Whether the e-mail has the form of an address'),
    has_valid_phone bool not null options (description = 'Whether the phone number is valid E.164'),
    distinct_email_count int64 not null options (description = 'Different e-mail addresses among the source records'),
    has_conflicting_names bool not null options (description = 'Whether source records disagree on the last name'),
    data_quality_flags array<string> options (
        description = 'What is wrong with the profile (missing_email, conflicting_names …); else empty'
    ),
    as_of_date date not null options (description = 'Newest day in silver; all windows and recencies count from it')
)
cluster by customer_id, lifecycle_stage
options (
    description = 'Customers as of the newest day in silver; one row per customer (customer_id)',
    labels = [('domain', 'customer'), ('layer', 'silver'), ('pii', 'true')]
);

-- Written by `make ddl` from include/dbt/models/silver/unified_transactions.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.unified_transactions` (
    transaction_id string not null options (description = 'Key: shopify:<order id> or salesforce:<opportunity id>'),
    customer_id string options (description = 'Customer by identity_map; null while the person is not resolved'),
    identity_key string options (
        description = 'Source record of the buyer in identity_map; null if the buyer is not known'
    ),
    transaction_type string not null options (
        description = 'order (Shopify) or opportunity (won Salesforce opportunity)'
    ),
    order_number string options (description = 'Number the buyer knows (#1001) or name of the opportunity'),
    transaction_at timestamp not null options (
        description = 'When the order was sold, as Shopify reports it, or the opportunity closed (UTC)'
    ),
    transaction_date date not null options (
        description = 'Day of the sale in the zone of the shop (seed source_accounts); close date of a deal'
    ),
    status string not null options (description = 'completed, pending, partially_refunded, refunded or cancelled'),
    currency string not null options (description = 'Currency of the source amounts (ISO 4217)'),
    exchange_rate numeric options (
        description = 'Reporting currency per unit of the currency on the day of the transaction; null if it is not known, and then its amounts are 0'  -- noqa: LT05
    ),
    original_net_revenue numeric not null options (description = 'Net revenue in the currency of the source'),
    gross_revenue numeric not null options (
        description = 'Price of the goods before discounts, tax and shipping, gift cards left out (USD); amount of the deal'  -- noqa: LT05
    ),
    discount_amount numeric not null options (description = 'Discounts given (USD, positive)'),
    tax_amount numeric not null options (description = 'Tax charged (USD); not revenue'),
    shipping_amount numeric not null options (
        description = 'Shipping paid (USD), 0 where a code made it free; not revenue'
    ),
    refund_amount numeric not null options (
        description = 'Refunds of goods (USD, positive), at most gross less discounts'
    ),
    net_revenue numeric not null options (
        description = 'gross_revenue − discount_amount − refund_amount (USD); 0 where cancelled; negative for a credit'
    ),
    item_count int64 not null options (description = 'Units sold; 0 for opportunities'),
    channel string not null options (
        description = 'Marketing channel of the landing or lead source (see macro channel_of)'
    ),
    source string options (
        description = 'Traffic source of the landing, else referring site or sales channel; null if direct or unknown'
    ),
    medium string options (description = 'Traffic medium of the landing; null if direct or unknown'),
    campaign_platform string options (
        description = 'Ad platform named by source and medium of the link (google_ads, braze); null where they name none'  -- noqa: LT05
    ),
    campaign_id string options (description = 'Campaign of the landing or of the opportunity; null if none'),
    campaign_name string options (
        description = 'utm_campaign of the landing or, for opportunities, of the lead; null if none'
    ),
    gclid string options (description = 'Google click id of the landing; null if none'),
    is_cancelled bool not null options (description = 'Whether the order was cancelled'),
    cancelled_at timestamp options (description = 'When it was cancelled (UTC); null if it was not'),
    account_id string options (description = 'Salesforce account of the opportunity; null for orders'),
    country string options (
        description = 'Billing country of the order (else shipping) or of the account; null if unknown'
    ),
    updated_at timestamp not null options (description = 'When the source last changed the record (UTC)')
)
partition by date_trunc(transaction_date, month)
cluster by customer_id, transaction_type
options (
    description = 'Shopify orders and won Salesforce opportunities; one row each (transaction_id)',
    labels = [('domain', 'sales'), ('layer', 'silver'), ('pii', 'true')]
);

-- People of whom nothing was heard for so long, and with whom nothing is open. Of whom no day is known stays.
select customer_id
from `{{ project_id }}.{{ silver_dataset }}.customer_360`
where
    coalesce(last_seen_date, first_seen_date) < date_sub(as_of_date, interval {{ inactive_months }} month)
    and open_tickets = 0
    and open_opportunity_count = 0

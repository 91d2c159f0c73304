select first_touch_channel, last_touch_channel, revenue, first_touch_revenue, transaction_date
from `{project_id}.marts.marketing_attribution`
order by revenue desc

select
    count(*) as people,
    countif(customer_id in ({{ inactive }})) as inactive
from `{{ customers }}`

-- The pipeline keeps seeing all rows: whoever has no policy on a table that has one sees none of it.
create or replace row access policy pipeline_sees_all
on `{{ project_id }}.{{ silver_dataset }}.customer_360`
grant to ({{ pipeline }})
filter using (true);

create or replace row access policy analysts_see_contactable
on `{{ project_id }}.{{ silver_dataset }}.customer_360`
grant to ({{ readers }})
filter using (is_unsubscribed is not true);

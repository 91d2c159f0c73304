-- Channels that have taken the letter of a week.
select distinct channel
from `{{ sent }}`
where week = @first
order by channel

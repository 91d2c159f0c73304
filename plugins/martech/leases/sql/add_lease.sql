-- Two that add it at once make two rows, which are free, and which every later statement changes together.
insert into `{{ leases }}` (name)
select @name as name
from unnest([1]) as one
where not exists (
    select 1 from `{{ leases }}`
    where name = @name
)

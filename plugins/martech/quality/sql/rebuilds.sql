select * from `{{ healing }}`
order by planned_at, layer, rebuilt_day

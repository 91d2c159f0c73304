select distinct table_name from `{{ quarantine }}`
where status = 'quarantined'
order by table_name

alter table `{{ project }}.{{ table }}`
set options (partition_expiration_days = {{ days if days is not none else "null" }})

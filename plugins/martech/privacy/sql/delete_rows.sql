delete from `{{ table }}`
where {{ belongs }}

update `{{ table }}`
set {{ column }} = null
where {{ everywhere }} and cast({{ column }} as string) in ({{ values }})

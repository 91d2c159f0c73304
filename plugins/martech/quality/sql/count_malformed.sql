select '{{ name }}' as name, count(*) as malformed
from `{{ table }}` as raw
where {{ days }} and {{ reason }} is not null

select value
from {{ relation }}
where
    request_id = @request_id
    and kind in (
        {% for kind in kinds %}'{{ kind }}'{% if not loop.last %},
        {% endif %}{% endfor %}
    )

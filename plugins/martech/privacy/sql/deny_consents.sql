update `{{ table }}`
set
    {% for column in consents -%}
    {{ column }} = 'denied',
    {% endfor -%}
    is_unsubscribed = true
where customer_id = @customer_id

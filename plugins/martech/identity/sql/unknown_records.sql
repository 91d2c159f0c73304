select identity_key
from unnest([@identity_key_a, @identity_key_b]) as identity_key
where identity_key not in (select known.identity_key from `{{ records }}` as known)
order by identity_key

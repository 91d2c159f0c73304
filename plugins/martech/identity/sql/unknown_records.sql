select identity_key
from unnest(@identity_keys) as identity_key
where identity_key not in (select known.identity_key from `{{ records }}` as known)
order by identity_key

select count(*) as others
from `{{ exports }}` as exports
where
    exports.request_id = @request_id
    and exports.person_hash
    != to_hex(sha256(concat((select max(salted.salt) from `{{ salts }}` as salted), @customer_id)))

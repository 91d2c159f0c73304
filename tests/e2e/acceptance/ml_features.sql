select *
from `{project_id}.marts.ml_features`
where entity_type = 'customer' and snapshot_date = date '{day}'

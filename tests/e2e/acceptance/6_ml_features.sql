SELECT *
FROM `nexvigilant-marketing-prod.marts.ml_features`
WHERE entity_type = 'customer'
  AND snapshot_date = CURRENT_DATE();

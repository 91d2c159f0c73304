update `{{ quarantine }}`
set status = 'replayed', replayed_at = @now, replayed_run_id = @run_id
where table_name = @table_name and row_hash in unnest(@hashes) and status = 'quarantined'

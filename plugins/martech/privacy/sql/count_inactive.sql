select
    (select count(*) from `{{ customers }}`) as people,
    (select count(*) from ({{ inactive }})) as inactive

select
    lead_id, full_name, email, lead_score, lead_grade, conversion_probability, sales_readiness_score,
    recommended_next_action, qualification_status
from `{project_id}.marts.lead_scores`
where qualification_status = 'sql'
order by lead_score desc

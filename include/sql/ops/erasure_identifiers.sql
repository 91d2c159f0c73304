-- The only place where a request's identifiers are in the clear: from the plan to the proof, which empties it.
-- Syncs leave out, and remove, whoever is in it: it expires with no clock, for then they would send the person again.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.erasure_identifiers` (
    request_id string not null options (description = 'Request in erasure_requests'),
    kind string not null options (
        description = 'What the value names: customer, identity, node, user, email, phone, or <source>:<entity>'
    ),
    value string not null options (description = 'Identifier of the person, of nobody else'),
    requested_at timestamp not null options (description = 'When the person was found (UTC)')
)
partition by date(requested_at)
cluster by request_id, kind
options (
    description = 'Right to erasure: identifiers of open requests; one row per request, kind and value.',
    labels = [('layer', 'ops'), ('domain', 'privacy'), ('pii', 'true')]
);

-- What conversion is made of: papers, how their deals stood last, and whose they were.

-- name: written_projects
-- Which transaction wrote the row of each project last: whatever its events change, flags of markets apart, its row is written with it.
SELECT
    project.project,
    project.xmin::text::bigint AS written_by
FROM project;

-- name: paper_events
-- The papers of all projects, with whatever corrects them; all events of projects in which some other row may have become one.
SELECT
    event.subject,
    event.raw,
    event.headers,
    event.state
FROM event
WHERE event.name = ANY (:names::text[])
    OR event.subject IN (
        SELECT changed.subject
        FROM event AS changed
        WHERE changed.name = 'event.reclassified'
    );

-- name: paper_events_of_projects
-- The same of some projects.
SELECT
    event.subject,
    event.raw,
    event.headers,
    event.state
FROM event
WHERE event.subject = ANY (:projects::text[])
    AND (
        event.name = ANY (:names::text[])
        OR event.subject IN (
            SELECT changed.subject
            FROM event AS changed
            WHERE changed.subject = ANY (:projects::text[])
                AND changed.name = 'event.reclassified'
        )
    );

-- name: deals_through_days
-- All deals through the days, each from one day on.
SELECT
    deal.project,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.valid_from,
    deal.document
FROM deal_span AS deal
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from;

-- name: deals_of_projects_through_days
-- The same of some projects.
SELECT
    deal.project,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.valid_from,
    deal.document
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from;

-- name: registrations
-- What all projects are registered as through the days.
SELECT
    span.project,
    span.valid_from,
    span.valid_to,
    span.name,
    span.sector,
    span.kind,
    span.countries,
    span.commodities
FROM project_span AS span
ORDER BY span.project COLLATE "C", span.valid_from;

-- name: registrations_of_projects
-- The same of some projects.
SELECT
    span.project,
    span.valid_from,
    span.valid_to,
    span.name,
    span.sector,
    span.kind,
    span.countries,
    span.commodities
FROM project_span AS span
WHERE span.project = ANY (:projects::text[])
ORDER BY span.project COLLATE "C", span.valid_from;

-- name: nations_of_parties
-- For which nation parties stand through the days: their home country; a bank of several states for itself.
SELECT
    party.party,
    party.valid_from,
    party.valid_to,
    CASE WHEN party.kind = 'multilateral' THEN party.party ELSE party.home_country END AS nation
FROM party_span AS party
WHERE party.home_country IS NOT NULL
    OR party.kind = 'multilateral';

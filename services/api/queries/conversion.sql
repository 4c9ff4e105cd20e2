-- What conversion is made of: papers, how their deals stood last, and whose they were.

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

-- name: last_of_each_phase
-- The deals of some projects as they stood last in each of their phases by a day.
SELECT DISTINCT ON (deal.project COLLATE "C", deal.deal COLLATE "C", deal.phase)
    deal.project,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
    AND deal.valid_from <= :as_of::date
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.phase, deal.valid_from DESC;

-- name: registered_projects
-- What some projects are registered as on a day.
SELECT
    span.project,
    span.name,
    span.sector,
    span.kind,
    span.countries,
    span.commodities
FROM project_span AS span
WHERE span.project = ANY (:projects::text[])
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date;

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

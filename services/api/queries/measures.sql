-- What supply, the value chain and the lifecycle are made of.

-- name: events_telling
-- Events of some :names. All events of those projects in which one of these is no exact day, because an ending may draw it, or in which
-- something was corrected; and of those in which some other row may have become one.
WITH telling AS (
    SELECT
        event.subject,
        bool_or(event.occurred_earliest IS DISTINCT FROM event.occurred_latest) AS is_coarse
    FROM event
    WHERE event.name = ANY (:names::text[])
    GROUP BY event.subject
),

changed AS (
    SELECT
        event.subject,
        bool_or(event.name = 'event.reclassified') AS is_renamed
    FROM event
    WHERE event.name = ANY (:corrections::text[])
    GROUP BY event.subject
)

SELECT
    event.subject,
    event.raw,
    event.headers,
    event.state
FROM event
WHERE event.name = ANY (:names::text[])
    OR event.subject IN (
        SELECT COALESCE(telling.subject, changed.subject)
        FROM telling
        FULL JOIN changed ON changed.subject = telling.subject
        WHERE telling.is_coarse
            OR changed.is_renamed
            OR (telling.subject IS NOT NULL AND changed.subject IS NOT NULL)
    );

-- name: projects_of_markets
-- How many projects are in each market (country and commodity) on a day.
SELECT
    place.country,
    commodity,
    count(*)::integer AS projects
FROM project_span AS span
CROSS JOIN LATERAL unnest(span.countries) AS place (country)
CROSS JOIN LATERAL unnest(span.commodities) AS commodity
WHERE span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date
    AND COALESCE(span.kind, '') NOT IN ('umbrella', 'programme')
GROUP BY place.country, commodity;

-- name: paper_deals
-- The living deals on a day that have nothing but paper, with who pursues them and what their projects put out.
SELECT
    deal.project,
    deal.deal,
    CASE
        WHEN cardinality(deal.investors) > 0 THEN deal.investors
        ELSE ARRAY(SELECT json_array_elements_text(deal.document::json -> 'pursuers'))
    END AS pursuers,
    span.commodities
FROM deal_span AS deal
JOIN project_span AS span
    ON span.project = deal.project
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date
WHERE deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
    AND deal.level IS NOT NULL
    AND strpos(deal.document, '"memorandum_runs":true') > 0
    AND COALESCE(span.kind, '') NOT IN ('umbrella', 'programme')
    AND (:commodities::text[] IS NULL OR span.commodities && :commodities::text[])
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C";

-- name: level_spells
-- The spells of deals at a level until a day: unbroken days of a deal, in one phase, at one level. `ended_on` null: the spell lasts.
-- `next_level` null: the deal ended then, as it did where `next_phase` is another one. A deal that took no step is at no level.
WITH turns AS (
    SELECT
        deal.project,
        deal.deal,
        deal.phase,
        deal.level,
        deal.valid_from,
        lag(deal.phase) OVER of_deal IS DISTINCT FROM deal.phase
        OR lag(deal.level) OVER of_deal IS DISTINCT FROM deal.level AS begins
    FROM deal_span AS deal
    WHERE deal.valid_from <= :as_of::date
    WINDOW of_deal AS (PARTITION BY deal.project, deal.deal ORDER BY deal.valid_from)
),

spells AS (
    SELECT
        turns.project,
        turns.deal,
        turns.phase,
        turns.level,
        turns.valid_from AS began_on,
        lead(turns.valid_from) OVER of_deal AS ended_on,
        lead(turns.level) OVER of_deal AS next_level,
        lead(turns.phase) OVER of_deal AS next_phase
    FROM turns
    WHERE turns.begins
    WINDOW of_deal AS (PARTITION BY turns.project, turns.deal ORDER BY turns.valid_from)
)

SELECT
    spells.project,
    spells.deal,
    spells.phase,
    spells.level,
    spells.began_on,
    spells.ended_on,
    spells.next_level,
    spells.next_phase
FROM spells
WHERE spells.level > 0;

-- name: deals_by_phase
-- All deals as they stood last in each of their phases by a day.
SELECT DISTINCT ON (deal.project, deal.deal, deal.phase)
    deal.project,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.valid_from <= :as_of::date
ORDER BY deal.project, deal.deal, deal.phase, deal.valid_from DESC;

-- name: projects_on_that_day
-- What all projects are registered as on a day.
SELECT
    span.project,
    span.name,
    span.sector,
    span.kind,
    span.countries,
    span.commodities
FROM project_span AS span
WHERE span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date;

-- name: displaced_spans
-- On which days deals were displaced, of those that began by a day.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.valid_from,
    flag.valid_to,
    flag.document
FROM flag_span AS flag
WHERE flag.flag = 'displaced'
    AND flag.valid_from <= :as_of::date
ORDER BY flag.project COLLATE "C", flag.deal COLLATE "C", flag.valid_from;

-- name: deals_of_events
-- Of which project and deal some events are.
SELECT
    event.subject,
    event.source,
    event.id,
    event.deal
FROM event
WHERE event.id = ANY (:ids::text[]);

-- name: last_of_each_phase
-- The deals of some projects as they stood last in each of their phases by a day.
SELECT DISTINCT ON (deal.project, deal.deal, deal.phase)
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
ORDER BY deal.project, deal.deal, deal.phase, deal.valid_from DESC;

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

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

-- name: displaced_spans
-- On which days deals were displaced, of those that began by a day.
SELECT
    flag.project,
    flag.deal,
    flag.valid_from,
    flag.valid_to
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

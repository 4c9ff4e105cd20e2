-- Markets and forums. A market is a country and a commodity, with the projects that are registered so on the day.
-- Umbrellas and programmes are in none. Order is by bytes (COLLATE "C"), as in the other lists.

-- name: market_page
-- One page of markets that have projects on a day, with the keys of these.
-- :investor_countries are home countries of somebody who pursues a living deal there.
SELECT
    place.country,
    commodity,
    array_agg(span.project ORDER BY span.project COLLATE "C") AS projects
FROM project_span AS span
CROSS JOIN LATERAL unnest(span.countries) AS place (country)
CROSS JOIN LATERAL unnest(span.commodities) AS commodity
WHERE span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date
    AND COALESCE(span.kind, '') NOT IN ('umbrella', 'programme')
    AND (:countries::text[] IS NULL OR place.country = ANY (:countries::text[]))
    AND (:commodities::text[] IS NULL OR commodity = ANY (:commodities::text[]))
    AND (
        :after_country::text IS NULL
        OR (place.country COLLATE "C", commodity COLLATE "C") > (:after_country::text, :after_commodity::text)
    )
GROUP BY place.country, commodity
HAVING :investor_countries::text[] IS NULL
    OR array_agg(span.project) && ARRAY(
        SELECT deal.project
        FROM deal_span AS deal
        CROSS JOIN LATERAL json_array_elements_text(deal.document::json -> 'pursuers') AS pursuer
        JOIN party_span AS party
            ON party.party = pursuer
            AND party.valid_from <= :as_of::date
            AND party.valid_to > :as_of::date
        WHERE deal.valid_from <= :as_of::date
            AND deal.valid_to > :as_of::date
            AND deal.level IS NOT NULL
            AND party.home_country = ANY (:investor_countries::text[])
    )
ORDER BY place.country COLLATE "C", commodity COLLATE "C"
LIMIT :limit::integer;

-- name: living_deals_of_projects
-- The living deals of some projects on a day, no more of each than a count needs. Where a deal has investors it is they who pursue
-- it: so the document, in whose strings a quotation mark is escaped, is hardly ever read as JSON.
SELECT
    deal.project,
    deal.deal,
    deal.level,
    CASE
        WHEN cardinality(deal.investors) > 0 THEN deal.investors
        ELSE ARRAY(SELECT json_array_elements_text(deal.document::json -> 'pursuers'))
    END AS pursuers,
    strpos(deal.document, '"memorandum_runs":true') > 0 AS memorandum_runs
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
    AND deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
    AND deal.level IS NOT NULL;

-- name: market_flags_of_projects
-- On how many deals of each project these flags stand on a day, by severity.
SELECT
    flag.project,
    flag.flag,
    steppe.severity_on(
        :as_of::date, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since
    ) AS severity,
    count(*)::integer AS deals
FROM flag_span AS flag
WHERE flag.project = ANY (:projects::text[])
    AND flag.valid_from <= :as_of::date
    AND flag.valid_to > :as_of::date
    AND flag.deal <> ''
    AND flag.flag = ANY (:flags::text[])
GROUP BY 1, 2, 3;

-- name: crossed_standings_of_projects
-- How those of some projects stand that ever crossed the line.
SELECT
    standing.project,
    standing.document
FROM standing
WHERE standing.project = ANY (:projects::text[])
    AND strpos(standing.document, '"crossings":[]') = 0;

-- name: home_countries_of_parties
-- The registered home countries of some parties through the days.
SELECT
    party.party,
    party.valid_from,
    party.valid_to,
    party.home_country
FROM party_span AS party
WHERE party.party = ANY (:parties::text[])
    AND party.home_country IS NOT NULL;

-- name: keys_of_market
-- The projects of one market on a day.
SELECT span.project
FROM project_span AS span
WHERE span.countries @> ARRAY[:country::text]
    AND span.commodities @> ARRAY[:commodity::text]
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date
    AND COALESCE(span.kind, '') NOT IN ('umbrella', 'programme')
ORDER BY span.project COLLATE "C";

-- name: projects_by_key
-- Some projects as they stand on a day.
SELECT
    span.project,
    span.document,
    span.headline_severity,
    span.headline_certainty,
    span.headline_since,
    span.last_event_on,
    span.last_event_earliest,
    span.last_event_given
FROM (
    -- include: lists.projects_on_day
) AS span
WHERE span.project = ANY (:projects::text[])
ORDER BY span.project COLLATE "C";

-- name: markets_ever
-- Every market that some project is in on any day, as 'KZ/tungsten'.
SELECT DISTINCT market COLLATE "C" AS market
FROM standing
CROSS JOIN LATERAL unnest(standing.markets) AS market
ORDER BY market;

-- name: deals_of_projects
-- One page of the deals of some projects on a day, ended ones too: those behind :after_deal of :after_project, which may be null.
SELECT
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
    AND deal.valid_to > :as_of::date
    AND (
        :after_project::text IS NULL
        OR (deal.project COLLATE "C", deal.deal COLLATE "C") > (:after_project::text, :after_deal::text)
    )
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C"
LIMIT :limit::integer;

-- name: first_memoranda_of_projects
-- Of the deals of some projects those whose first memorandum ever is the earliest of all, by a day, as they stood on its day.
WITH signed AS (
    SELECT DISTINCT ON (deal.project COLLATE "C", deal.deal COLLATE "C")
        deal.project,
        deal.deal,
        deal.phase,
        deal.level,
        deal.highest_level,
        deal.investors,
        deal.document,
        COALESCE(deal.document::json ->> 'memorandum@', deal.document::json -> 'memorandum' ->> 'latest') AS signed_on
    FROM deal_span AS deal
    WHERE deal.project = ANY (:projects::text[])
        AND deal.valid_from <= :as_of::date
        AND COALESCE(deal.document::json ->> 'memorandum@', deal.document::json -> 'memorandum' ->> 'latest') IS NOT NULL
    ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from
)
SELECT
    signed.project,
    signed.deal,
    signed.phase,
    signed.level,
    signed.highest_level,
    signed.investors,
    signed.document
FROM signed
WHERE signed.signed_on = (SELECT min(every.signed_on) FROM signed AS every)
ORDER BY signed.project COLLATE "C", signed.deal COLLATE "C";

-- name: earliest_crossings
-- Who of some projects was the first to cross the line, by a day; several where they did on one day.
WITH crossed AS (
    SELECT
        crossing,
        (crossing ->> 'on')::date AS crossed_on
    FROM standing
    CROSS JOIN LATERAL jsonb_array_elements(standing.document::jsonb -> 'crossings') AS crossing
    WHERE standing.project = ANY (:projects::text[])
        AND (crossing ->> 'on')::date <= :as_of::date
        AND crossing ->> 'scope' = 'any'
)
SELECT crossed.crossing::text AS document
FROM crossed
WHERE crossed.crossed_on = (SELECT min(every.crossed_on) FROM crossed AS every);

-- name: crossings
-- Who crossed the line by a day with some events, wherever a market is shared with some projects. An event may win in several
-- scopes.
SELECT crossing::text AS document
FROM standing
CROSS JOIN LATERAL jsonb_array_elements(standing.document::jsonb -> 'crossings') AS crossing
WHERE (
        standing.project = ANY (:projects::text[])
        OR standing.markets && ARRAY(
            SELECT unnest(own.markets)
            FROM standing AS own
            WHERE own.project = ANY (:projects::text[])
        )
    )
    AND (crossing ->> 'on')::date <= :as_of::date
    AND crossing ->> 'event' = ANY (:events::text[]);

-- name: forum_page
-- Forums held by a day, the latest first.
WITH ranked AS (
    SELECT
        forum.forum COLLATE "C" AS forum,
        forum.name,
        forum.place,
        forum.countries,
        forum.held_earliest,
        forum.held_latest,
        (SELECT count(*) FROM project WHERE project.forums @> ARRAY[forum.forum]) AS projects,
        lpad((DATE '9999-12-31' - COALESCE(forum.held_latest, DATE '0001-01-01'))::text, 7, '0') COLLATE "C" AS rank
    FROM forum
    WHERE forum.held_latest IS NULL
        OR forum.held_latest <= :as_of::date
)
SELECT *
FROM ranked
WHERE :after_rank::text IS NULL OR (rank, forum) > (:after_rank::text, :after_forum::text)
ORDER BY rank, forum
LIMIT :limit::integer;

-- name: forum
SELECT
    forum.forum,
    forum.name,
    forum.place,
    forum.countries,
    forum.held_earliest,
    forum.held_latest,
    (SELECT count(*) FROM project WHERE project.forums @> ARRAY[forum.forum]) AS projects
FROM forum
WHERE forum.forum = :forum::text;

-- name: forum_slugs
SELECT forum.forum
FROM forum
ORDER BY forum.forum;

-- name: forum_names
SELECT forum.forum, forum.name
FROM forum
WHERE forum.forum = ANY (:forums::text[]);

-- name: events_of_forums
-- All events of the projects of which some event names one of some forums.
SELECT
    event.subject,
    event.raw,
    event.headers,
    event.state
FROM event
JOIN project ON project.project = event.subject
WHERE project.forums && :forums::text[];

-- name: deal_spans_of_projects
-- The deals of some projects through the days up to one.
SELECT
    deal.project,
    deal.valid_from,
    deal.valid_to,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
    AND deal.valid_from <= :until::date
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from;

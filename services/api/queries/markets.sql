-- What the API reads of markets: a country and a commodity, with the projects that are registered so on the day.
-- Umbrellas and programmes are in none. Order is by bytes (COLLATE "C"), as in the other lists.

-- name: api_market_page
-- One page of markets that have projects on a day, with the keys of these.
-- $1 day, $2 countries, $3 commodities, $4 home countries of somebody who pursues a living deal there,
-- $5 country and $6 commodity of the last row seen, $7 rows
SELECT
    span.country,
    commodity,
    array_agg(span.project ORDER BY span.project COLLATE "C") AS projects
FROM project_span AS span
CROSS JOIN LATERAL unnest(span.commodities) AS commodity
WHERE span.valid_from <= $1::date
    AND span.valid_to > $1::date
    AND span.country IS NOT NULL
    AND COALESCE(span.kind, '') NOT IN ('umbrella', 'programme')
    AND ($2::text[] IS NULL OR span.country = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR commodity = ANY ($3::text[]))
    AND (
        $5::text IS NULL
        OR (span.country COLLATE "C", commodity COLLATE "C") > ($5::text, $6::text)
    )
GROUP BY span.country, commodity
HAVING $4::text[] IS NULL
    OR array_agg(span.project) && ARRAY(
        SELECT deal.project
        FROM deal_span AS deal
        CROSS JOIN LATERAL json_array_elements_text(deal.document::json -> 'pursuers') AS pursuer
        JOIN party_span AS party
            ON party.party = pursuer
            AND party.valid_from <= $1::date
            AND party.valid_to > $1::date
        WHERE deal.valid_from <= $1::date
            AND deal.valid_to > $1::date
            AND deal.level IS NOT NULL
            AND party.home_country = ANY ($4::text[])
    )
ORDER BY span.country COLLATE "C", commodity COLLATE "C"
LIMIT $7::integer;

-- name: api_living_deals_of_projects
-- The living deals of some projects on a day, no more of each than a count needs. $1 day, $2 projects
SELECT
    deal.project,
    deal.deal,
    deal.level,
    COALESCE(told.pursuers, '{}') AS pursuers,
    told.memorandum_runs
FROM deal_span AS deal
CROSS JOIN LATERAL json_to_record(deal.document::json) AS told (pursuers text[], memorandum_runs boolean)
WHERE deal.project = ANY ($2::text[])
    AND deal.valid_from <= $1::date
    AND deal.valid_to > $1::date
    AND deal.level IS NOT NULL;

-- name: api_market_flags_of_projects
-- On how many deals of each project the flags that markets are told with stand on a day. $1 day, $2 projects, $3 flags
SELECT
    flag.project,
    flag.flag,
    flag.severity,
    count(*)::integer AS deals
FROM flag_span AS flag
WHERE flag.project COLLATE "C" = ANY ($2::text[])
    AND flag.valid_from <= $1::date
    AND flag.valid_to > $1::date
    AND flag.deal <> ''
    AND flag.flag = ANY ($3::text[])
GROUP BY flag.project, flag.flag, flag.severity;

-- name: api_first_crossings_of_projects
-- When some deal of each project first crossed the line, by a day. $1 day, $2 projects
SELECT
    standing.project,
    min((crossing ->> 'on')::date) AS crossed_on
FROM standing
CROSS JOIN LATERAL jsonb_array_elements(standing.document::jsonb -> 'crossings') AS crossing
WHERE standing.project = ANY ($2::text[])
    AND (crossing ->> 'on')::date <= $1::date
GROUP BY standing.project;

-- name: api_homes_of_parties
-- The registered home countries of some parties through the days. $1 parties
SELECT
    party.party,
    party.valid_from,
    party.valid_to,
    party.home_country
FROM party_span AS party
WHERE party.party = ANY ($1::text[])
    AND party.home_country IS NOT NULL;

-- name: api_projects_of_market
-- The projects of one market on a day. $1 day, $2 country, $3 commodity
SELECT
    span.project,
    span.document
FROM project_span AS span
WHERE span.country = $2::text
    AND span.commodities @> ARRAY[$3::text]
    AND span.valid_from <= $1::date
    AND span.valid_to > $1::date
    AND COALESCE(span.kind, '') NOT IN ('umbrella', 'programme')
ORDER BY span.project COLLATE "C";

-- name: api_markets_ever
-- Every market that some project is in on any day, as 'KZ/tungsten'.
SELECT DISTINCT market COLLATE "C" AS market
FROM standing
CROSS JOIN LATERAL unnest(standing.markets) AS market
ORDER BY market;

-- name: api_deals_of_projects
-- The deals of some projects on a day, ended ones too. $1 day, $2 projects
SELECT
    deal.project,
    deal.document
FROM deal_span AS deal
WHERE deal.project = ANY ($2::text[])
    AND deal.valid_from <= $1::date
    AND deal.valid_to > $1::date
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C";

-- name: api_first_memoranda_of_projects
-- Each deal as it stood on the day of its first memorandum ever, of those that had one by a day. $1 day, $2 projects
SELECT DISTINCT ON (deal.project COLLATE "C", deal.deal COLLATE "C")
    deal.project,
    deal.document
FROM deal_span AS deal
WHERE deal.project = ANY ($2::text[])
    AND deal.valid_from <= $1::date
    AND deal.document::json -> 'memorandum' ->> 'latest' IS NOT NULL
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from;

-- name: api_crossings
-- Who crossed the line by a day: in some projects, and by some events wherever a market is shared with one of these.
-- $1 day, $2 projects, $3 events
SELECT crossing::text AS document
FROM standing
CROSS JOIN LATERAL jsonb_array_elements(standing.document::jsonb -> 'crossings') AS crossing
WHERE (
        standing.project = ANY ($2::text[])
        OR standing.markets && ARRAY(
            SELECT unnest(own.markets)
            FROM standing AS own
            WHERE own.project = ANY ($2::text[])
        )
    )
    AND (crossing ->> 'on')::date <= $1::date
    AND (standing.project = ANY ($2::text[]) OR crossing ->> 'event' = ANY ($3::text[]));

-- name: api_forum_page
-- Forums held by a day, the latest first. $1 day, $2 order value and $3 forum of the last row seen, $4 rows
WITH found AS (
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
        OR forum.held_latest <= $1::date
)
SELECT *
FROM found
WHERE $2::text IS NULL OR (rank, forum) > ($2::text, $3::text)
ORDER BY rank, forum
LIMIT $4::integer;

-- name: api_forum
-- $1 forum
SELECT
    forum.forum,
    forum.name,
    forum.place,
    forum.countries,
    forum.held_earliest,
    forum.held_latest,
    (SELECT count(*) FROM project WHERE project.forums @> ARRAY[forum.forum]) AS projects
FROM forum
WHERE forum.forum = $1::text;

-- name: api_forum_names
SELECT forum.forum
FROM forum
ORDER BY forum.forum;

-- name: api_events_of_forum
-- All events of the projects of which some paper was signed at a forum. $1 forum
SELECT
    event.subject,
    event.raw,
    event.headers,
    event.state
FROM event
JOIN project ON project.project = event.subject
WHERE project.forums @> ARRAY[$1::text];

-- name: api_deal_spans_of_projects
-- The deals of some projects through the days up to one. $1 day, $2 projects
SELECT
    deal.project,
    deal.valid_from,
    deal.valid_to,
    deal.document
FROM deal_span AS deal
WHERE deal.project = ANY ($2::text[])
    AND deal.valid_from <= $1::date
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from;

-- What the API reads for its lists. Every filter is optional: NULL means that it was not asked.
-- Order is by bytes (COLLATE "C"), so that a page ends in the same place on every machine.

-- name: api_project_page
-- One page of projects as they stand on a day.
-- $1 day, $2 countries, $3 commodities, $4 sectors, $5 levels, $6 flags, $7 severities of such a flag,
-- $8 investors, $9 home countries of investors, $10 forums, $11 part of key or name, $12 updated after,
-- $13 severities of the headline ('any' and 'none' too), $14 order, $15 order value and $16 project of the last row seen, $17 rows
WITH found AS (
    SELECT
        span.project COLLATE "C" AS project,
        span.document,
        project.partition,
        project.log_offset,
        span.level,
        span.headline_severity,
        span.country,
        span.sector,
        span.commodities,
        span.investors,
        project.forums,
        CASE $14::text
            WHEN 'name' THEN lower(COALESCE(span.name, span.project))
            WHEN 'level' THEN span.level::text
            WHEN '-level' THEN (9 - span.level)::text
            WHEN 'severity' THEN CASE span.headline_severity
                WHEN 'presumed-dead' THEN '1' WHEN 'stagnant' THEN '2' WHEN 'watch' THEN '3' ELSE '4' END
                || COALESCE(span.document::jsonb ->> 'memorandum_since', '~')
            WHEN 'memorandum_since' THEN COALESCE(span.document::jsonb ->> 'memorandum_since', '~')
            WHEN '-last_event_on' THEN lpad((DATE '9999-12-31'
                - COALESCE((span.document::jsonb ->> 'last_event_on')::date, DATE '0001-01-01'))::text, 7, '0')
            ELSE ''
        END COLLATE "C" AS rank
    FROM project_span AS span
    JOIN project ON project.project = span.project
    WHERE span.valid_from <= $1::date
        AND span.valid_to > $1::date
        AND ($2::text[] IS NULL OR span.country = ANY ($2::text[]))
        AND ($3::text[] IS NULL OR span.commodities && $3::text[])
        AND ($4::text[] IS NULL OR span.sector = ANY ($4::text[]))
        AND ($5::smallint[] IS NULL OR span.level = ANY ($5::smallint[]))
        AND (
            ($6::text[] IS NULL AND $7::text[] IS NULL)
            OR EXISTS (
                SELECT 1
                FROM flag_span AS flag
                WHERE flag.project = span.project
                    AND flag.valid_from <= $1::date
                    AND flag.valid_to > $1::date
                    AND ($6::text[] IS NULL OR flag.flag = ANY ($6::text[]))
                    AND ($7::text[] IS NULL OR flag.severity = ANY ($7::text[]))
            )
        )
        AND ($8::text[] IS NULL OR span.investors && $8::text[])
        AND (
            $9::text[] IS NULL
            OR span.investors && ARRAY(
                SELECT party.party
                FROM party_span AS party
                WHERE party.home_country = ANY ($9::text[])
                    AND party.valid_from <= $1::date
                    AND party.valid_to > $1::date
            )
        )
        AND ($10::text[] IS NULL OR project.forums && $10::text[])
        AND (
            $11::text IS NULL
            OR strpos(lower(span.project), lower($11::text)) > 0
            OR strpos(lower(span.name), lower($11::text)) > 0
        )
        AND ($12::timestamptz IS NULL OR project.updated_at > $12::timestamptz)
        AND (
            $13::text[] IS NULL
            OR span.headline_severity = ANY ($13::text[])
            OR ('any' = ANY ($13::text[]) AND span.headline_severity IS NOT NULL)
            OR ('none' = ANY ($13::text[]) AND span.headline_severity IS NULL)
        )
)
SELECT
    project,
    rank,
    document,
    partition,
    log_offset,
    level,
    headline_severity,
    country,
    sector,
    commodities,
    investors,
    forums
FROM found
WHERE $15::text IS NULL OR (rank, project) > ($15::text, $16::text)
ORDER BY rank, project
LIMIT $17::integer;

-- name: api_portfolio
-- How many projects there are of each level, severity of the headline, country and so on. Parameters as of api_project_page.
WITH page AS (
    -- include: api_project_page
)
SELECT 'level' AS facet, page.level::text AS value, count(*) AS projects FROM page GROUP BY page.level
UNION ALL
SELECT 'headline', COALESCE(page.headline_severity, 'none'), count(*) FROM page GROUP BY page.headline_severity
UNION ALL
SELECT 'country', page.country, count(*) FROM page WHERE page.country IS NOT NULL GROUP BY page.country
UNION ALL
SELECT 'sector', page.sector, count(*) FROM page WHERE page.sector IS NOT NULL GROUP BY page.sector
UNION ALL
SELECT 'commodity', commodity, count(*) FROM page CROSS JOIN LATERAL unnest(page.commodities) AS commodity GROUP BY commodity
UNION ALL
SELECT 'investor', investor, count(*) FROM page CROSS JOIN LATERAL unnest(page.investors) AS investor GROUP BY investor
UNION ALL
SELECT 'forum', forum, count(*) FROM page CROSS JOIN LATERAL unnest(page.forums) AS forum GROUP BY forum
UNION ALL
SELECT 'investor_country', party.home_country, count(DISTINCT page.project)
FROM page
CROSS JOIN LATERAL unnest(page.investors) AS investor
JOIN party_span AS party
    ON party.party = investor
    AND party.valid_from <= $1::date
    AND party.valid_to > $1::date
WHERE party.home_country IS NOT NULL
GROUP BY party.home_country
ORDER BY facet, value;

-- name: api_party_at
-- A party as it is registered on a day. $1 day, $2 party
SELECT
    party.party,
    party.name,
    party.home_country,
    party.kind,
    party.parent,
    party.lei
FROM party_span AS party
WHERE party.party = $2::text
    AND party.valid_from <= $1::date
    AND party.valid_to > $1::date;

-- name: api_deals_of_party
-- The deals that a party pursues on a day, in whatever role. $1 day, $2 party
SELECT
    deal.project,
    deal.deal,
    deal.document
FROM deal_span AS deal
WHERE deal.valid_from <= $1::date
    AND deal.valid_to > $1::date
    AND strpos(deal.document, to_json($2::text)::text) > 0
    AND deal.document::jsonb -> 'pursuers' ? $2::text
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C";

-- name: api_near_parties
-- Keys that somebody who misspelt one may have meant. $1 what was asked
SELECT DISTINCT party.party
FROM party_span AS party
ORDER BY party.party;

-- name: api_deal_page
-- One page of deals as they stand on a day.
-- $1 day, $2 countries, $3 commodities, $4 sectors of the project, $5 levels of the deal, $6 flags of the deal,
-- $7 severities of such a flag, $8 investors, $9 home countries of investors, $10 forums, $11 part of key or name,
-- $12 updated after, $13 projects, $14 deals, $15 project and $16 deal of the last row seen, $17 rows
SELECT
    deal.project,
    deal.deal,
    deal.document
FROM deal_span AS deal
JOIN project ON project.project = deal.project
JOIN project_span AS span
    ON span.project = deal.project
    AND span.valid_from <= $1::date
    AND span.valid_to > $1::date
WHERE deal.valid_from <= $1::date
    AND deal.valid_to > $1::date
    AND ($2::text[] IS NULL OR span.country = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR span.commodities && $3::text[])
    AND ($4::text[] IS NULL OR span.sector = ANY ($4::text[]))
    AND ($5::smallint[] IS NULL OR deal.level = ANY ($5::smallint[]))
    AND (
        ($6::text[] IS NULL AND $7::text[] IS NULL)
        OR EXISTS (
            SELECT 1
            FROM flag_span AS flag
            WHERE flag.project = deal.project
                AND flag.deal = deal.deal
                AND flag.valid_from <= $1::date
                AND flag.valid_to > $1::date
                AND ($6::text[] IS NULL OR flag.flag = ANY ($6::text[]))
                AND ($7::text[] IS NULL OR flag.severity = ANY ($7::text[]))
        )
    )
    AND ($8::text[] IS NULL OR deal.investors && $8::text[])
    AND (
        $9::text[] IS NULL
        OR deal.investors && ARRAY(
            SELECT party.party
            FROM party_span AS party
            WHERE party.home_country = ANY ($9::text[])
                AND party.valid_from <= $1::date
                AND party.valid_to > $1::date
        )
    )
    AND ($10::text[] IS NULL OR project.forums && $10::text[])
    AND (
        $11::text IS NULL
        OR strpos(lower(span.project), lower($11::text)) > 0
        OR strpos(lower(span.name), lower($11::text)) > 0
    )
    AND ($12::timestamptz IS NULL OR project.updated_at > $12::timestamptz)
    AND ($13::text[] IS NULL OR deal.project = ANY ($13::text[]))
    AND ($14::text[] IS NULL OR deal.deal = ANY ($14::text[]))
    AND (
        $15::text IS NULL
        OR (deal.project COLLATE "C", deal.deal COLLATE "C") > ($15::text, $16::text)
    )
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C"
LIMIT $17::integer;

-- name: api_flag_page
-- One page of flags that stand on a day; the deal '' is the project's own.
-- $1 day, $2 flags, $3 severities, $4 certainties, $5 projects, $6 deals, $7 countries, $8 commodities,
-- $9 home countries of the deal's investors (of the project's, for a flag of the project),
-- $10 project, $11 deal and $12 flag of the last row seen, $13 rows, $14 only those that rise before this day
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document
FROM flag_span AS flag
WHERE flag.valid_from <= $1::date
    AND flag.valid_to > $1::date
    AND ($2::text[] IS NULL OR flag.flag = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR flag.severity = ANY ($3::text[]))
    AND ($4::text[] IS NULL OR flag.certainty = ANY ($4::text[]))
    AND ($5::text[] IS NULL OR flag.project = ANY ($5::text[]))
    AND ($6::text[] IS NULL OR flag.deal = ANY ($6::text[]))
    -- Projects and deals are looked at only for what is asked of them.
    AND (
        ($7::text[] IS NULL AND $8::text[] IS NULL)
        OR EXISTS (
            SELECT 1
            FROM project_span AS span
            WHERE span.project = flag.project
                AND span.valid_from <= $1::date
                AND span.valid_to > $1::date
                AND ($7::text[] IS NULL OR span.country = ANY ($7::text[]))
                AND ($8::text[] IS NULL OR span.commodities && $8::text[])
        )
    )
    AND (
        $9::text[] IS NULL
        OR (flag.project, flag.deal) IN (
            SELECT deal.project, deal.deal
            FROM deal_span AS deal
            WHERE deal.valid_from <= $1::date
                AND deal.valid_to > $1::date
                AND deal.investors && ARRAY(
                    SELECT party.party
                    FROM party_span AS party
                    WHERE party.home_country = ANY ($9::text[])
                        AND party.valid_from <= $1::date
                        AND party.valid_to > $1::date
                )
        )
        OR (
            flag.project IN (
                SELECT span.project
                FROM project_span AS span
                WHERE span.valid_from <= $1::date
                    AND span.valid_to > $1::date
                    AND span.investors && ARRAY(
                        SELECT party.party
                        FROM party_span AS party
                        WHERE party.home_country = ANY ($9::text[])
                            AND party.valid_from <= $1::date
                            AND party.valid_to > $1::date
                    )
            )
            AND NOT EXISTS (
                SELECT 1
                FROM deal_span AS deal
                WHERE deal.project = flag.project
                    AND deal.deal = flag.deal
                    AND deal.valid_from <= $1::date
                    AND deal.valid_to > $1::date
            )
        )
    )
    AND (
        $14::date IS NULL
        -- Most flags rise no further: a look at the text spares reading them as JSON.
        OR (strpos(flag.document, '"next_on":"') > 0 AND (flag.document::json ->> 'next_on')::date < $14::date)
    )
    AND (
        $10::text IS NULL
        OR (flag.project COLLATE "C", flag.deal COLLATE "C", flag.flag COLLATE "C") > ($10::text, $11::text, $12::text)
    )
ORDER BY flag.project COLLATE "C", flag.deal COLLATE "C", flag.flag COLLATE "C"
LIMIT $13::integer;

-- name: api_flags_coming
-- The flags that rise soonest, and how many there are. Parameters as of api_flag_page, $13 null; $15 rows
WITH page AS (
    -- include: api_flag_page
)
SELECT
    page.project,
    page.document,
    count(*) OVER () AS flags
FROM page
ORDER BY page.document::json ->> 'next_on', page.project COLLATE "C", page.deal COLLATE "C", page.flag COLLATE "C"
LIMIT $15::integer;

-- name: api_flags_of_projects
-- All flags of some projects on a day, for a page of projects or deals in one question.
-- $1 day, $2 projects
SELECT
    flag.project,
    flag.deal,
    flag.document
FROM flag_span AS flag
WHERE flag.project COLLATE "C" = ANY ($2::text[])
    AND flag.valid_from <= $1::date
    AND flag.valid_to > $1::date
ORDER BY flag.project COLLATE "C", flag.deal COLLATE "C", flag.flag COLLATE "C";

-- name: api_co_investments
-- Where deals of some projects have a part in what would displace them, on a day. $1 day, $2 projects
SELECT
    span.project,
    span.deal,
    span.events
FROM co_investment_span AS span
WHERE span.project = ANY ($2::text[])
    AND span.valid_from <= $1::date
    AND span.valid_to > $1::date;

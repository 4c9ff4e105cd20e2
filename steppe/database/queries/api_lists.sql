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
        CASE $14::text
            WHEN 'name' THEN lower(COALESCE(span.name, span.project))
            WHEN 'level' THEN span.level::text
            WHEN '-level' THEN (9 - span.level)::text
            WHEN 'severity' THEN CASE span.headline_severity
                WHEN 'presumed-dead' THEN '1' WHEN 'stagnant' THEN '2' WHEN 'watch' THEN '3' ELSE '4' END
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
    log_offset
FROM found
WHERE $15::text IS NULL OR (rank, project) > ($15::text, $16::text)
ORDER BY rank, project
LIMIT $17::integer;

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
-- $10 project, $11 deal and $12 flag of the last row seen, $13 rows
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document
FROM flag_span AS flag
JOIN project_span AS span
    ON span.project = flag.project
    AND span.valid_from <= $1::date
    AND span.valid_to > $1::date
LEFT JOIN deal_span AS deal
    ON deal.project = flag.project
    AND deal.deal = flag.deal
    AND deal.valid_from <= $1::date
    AND deal.valid_to > $1::date
WHERE flag.valid_from <= $1::date
    AND flag.valid_to > $1::date
    AND ($2::text[] IS NULL OR flag.flag = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR flag.severity = ANY ($3::text[]))
    AND ($4::text[] IS NULL OR flag.certainty = ANY ($4::text[]))
    AND ($5::text[] IS NULL OR flag.project = ANY ($5::text[]))
    AND ($6::text[] IS NULL OR flag.deal = ANY ($6::text[]))
    AND ($7::text[] IS NULL OR span.country = ANY ($7::text[]))
    AND ($8::text[] IS NULL OR span.commodities && $8::text[])
    AND (
        $9::text[] IS NULL
        OR COALESCE(deal.investors, span.investors) && ARRAY(
            SELECT party.party
            FROM party_span AS party
            WHERE party.home_country = ANY ($9::text[])
                AND party.valid_from <= $1::date
                AND party.valid_to > $1::date
        )
    )
    AND (
        $10::text IS NULL
        OR (flag.project COLLATE "C", flag.deal COLLATE "C", flag.flag COLLATE "C") > ($10::text, $11::text, $12::text)
    )
ORDER BY flag.project COLLATE "C", flag.deal COLLATE "C", flag.flag COLLATE "C"
LIMIT $13::integer;

-- name: api_flags_of_projects
-- All flags of some projects on a day, for a page of projects or deals in one question.
-- $1 day, $2 projects
SELECT
    flag.project,
    flag.deal,
    flag.document
FROM flag_span AS flag
WHERE flag.project = ANY ($2::text[])
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

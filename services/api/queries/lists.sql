-- Lists of projects, deals, flags and the deals of a party. Every filter is optional: NULL means that it is not set.
-- Pagination: :after_... are the order key of the last row of the page before (NULL: the first page). Order is by bytes
-- (COLLATE "C"), so that a page ends in the same place on every machine.

-- name: parties_at_home
-- Parties whose home is one of some countries on a day; part of the statements that filter by the country of an investor.
SELECT party.party
FROM party_span AS party
WHERE party.home_country = ANY (:investor_countries::text[])
    AND party.valid_from <= :as_of::date
    AND party.valid_to > :as_of::date;

-- name: flags_on_day
-- The flags that stand on a day with what follows from that day; part of the statements that look for flags.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    steppe.severity_on(
        :as_of::date, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since
    ) AS severity,
    steppe.certainty_on(
        :as_of::date, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since,
        flag.notice_certain_since, flag.watch_certain_since, flag.stagnant_certain_since,
        flag.presumed_dead_certain_since, flag.alert_certain_since
    ) AS certainty,
    steppe.since_on(
        :as_of::date, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since
    ) AS since,
    steppe.rises_after(:as_of::date, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since) AS next_on,
    flag.notice_since,
    flag.watch_since,
    flag.stagnant_since,
    flag.presumed_dead_since,
    flag.alert_since,
    flag.document
FROM flag_span AS flag
WHERE flag.valid_from <= :as_of::date
    AND flag.valid_to > :as_of::date;

-- name: projects_on_day
-- The projects that there are on a day, with the spans that are told apart: the headline and the latest event. Part of the
-- statements that look for projects.
SELECT
    span.*,
    steppe.severity_on(
        :as_of::date, NULL, headline.watch_since, headline.stagnant_since, headline.presumed_dead_since, NULL
    ) AS headline_severity,
    steppe.certainty_on(
        :as_of::date, NULL, headline.watch_since, headline.stagnant_since, headline.presumed_dead_since, NULL, NULL,
        headline.watch_certain_since, headline.stagnant_certain_since, headline.presumed_dead_certain_since, NULL
    ) AS headline_certainty,
    steppe.since_on(
        :as_of::date, NULL, headline.watch_since, headline.stagnant_since, headline.presumed_dead_since, NULL
    ) AS headline_since,
    last_event.latest AS last_event_on,
    last_event.earliest AS last_event_earliest,
    last_event.given AS last_event_given
FROM project_span AS span
LEFT JOIN headline_span AS headline
    ON headline.project = span.project
    AND headline.valid_from <= :as_of::date
    AND headline.valid_to > :as_of::date
LEFT JOIN last_event_span AS last_event
    ON last_event.project = span.project
    AND last_event.valid_from <= :as_of::date
    AND last_event.valid_to > :as_of::date
WHERE span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date;

-- name: changed_by_others
-- Projects whose flags may rest on something else since an instant, because others in their markets changed; part of lists.
SELECT standing.project
FROM standing
JOIN market ON market.market = ANY (standing.markets)
WHERE market.changed_at > :updated_after::timestamptz
    AND EXISTS (
        SELECT 1
        FROM flag_span AS flag
        WHERE flag.project = standing.project
            AND flag.flag IN ('displaced', 'crowded')
    );

-- name: project_page
-- One page of projects as they stand on a day. :severities are of the :flags, :headlines of the headline ('any' and 'none' too);
-- :text is a part of key, name, alias or id, of the project or of a party that pursues a deal of it, folded as search_text is;
-- :investors are those asked for and whoever belongs to them; :located says whether there must be coordinates, or none; `rank`
-- is the value that :sort orders by.
WITH ranked AS (
    SELECT
        span.project COLLATE "C" AS project,
        span.document,
        project.partition,
        project.log_offset,
        span.level,
        span.headline_severity,
        span.headline_certainty,
        span.headline_since,
        span.last_event_on,
        span.last_event_earliest,
        span.last_event_given,
        span.countries,
        span.sector,
        span.commodities,
        span.investors,
        project.forums,
        CASE :sort::text
            WHEN 'name' THEN lower(COALESCE(span.name, span.project))
            WHEN 'level' THEN span.level::text
            WHEN '-level' THEN (9 - span.level)::text
            WHEN 'severity' THEN CASE span.headline_severity
                WHEN 'presumed-dead' THEN '1' WHEN 'stagnant' THEN '2' WHEN 'watch' THEN '3' ELSE '4' END
                || COALESCE(span.document::json ->> 'memorandum_since=', span.document::json ->> 'memorandum_since', '~')
            WHEN 'memorandum_since' THEN COALESCE(span.document::json ->> 'memorandum_since=', span.document::json ->> 'memorandum_since', '~')
            WHEN '-last_event_on' THEN lpad((DATE '9999-12-31'
                - COALESCE(span.last_event_on, DATE '0001-01-01'))::text, 7, '0')
            ELSE ''
        END COLLATE "C" AS rank
    FROM (
        -- include: projects_on_day
    ) AS span
    JOIN project ON project.project = span.project
    WHERE (:countries::text[] IS NULL OR span.countries && :countries::text[])
        AND (:commodities::text[] IS NULL OR span.commodities && :commodities::text[])
        AND (:sectors::text[] IS NULL OR span.sector = ANY (:sectors::text[]))
        AND (:levels::smallint[] IS NULL OR span.level = ANY (:levels::smallint[]))
        AND (
            (:flags::text[] IS NULL AND :severities::text[] IS NULL)
            OR EXISTS (
                SELECT 1
                FROM (
                    -- include: flags_on_day
                ) AS flag
                WHERE flag.project = span.project
                    AND (:flags::text[] IS NULL OR flag.flag = ANY (:flags::text[]))
                    AND (:severities::text[] IS NULL OR flag.severity = ANY (:severities::text[]))
            )
        )
        AND (:investors::text[] IS NULL OR span.investors && :investors::text[])
        AND (
            :investor_countries::text[] IS NULL
            OR span.investors && ARRAY(
                -- include: parties_at_home
            )
        )
        AND (:forums::text[] IS NULL OR project.forums && :forums::text[])
        AND (
            :text::text IS NULL
            OR strpos(span.search_text, :text::text) > 0
            -- Of whom nobody gave a name there is no row of a party, only the key.
            OR strpos(translate(array_to_string(span.investors, chr(10)), '-_', '  '), :text::text) > 0
            OR span.project IN (
                SELECT deal.project
                FROM deal_span AS deal
                WHERE deal.valid_from <= :as_of::date
                    AND deal.valid_to > :as_of::date
                    AND deal.document::jsonb -> 'pursuers' ?| ARRAY(
                        SELECT party.party
                        FROM party_span AS party
                        WHERE party.valid_from <= :as_of::date
                            AND party.valid_to > :as_of::date
                            AND strpos(party.search_text, :text::text) > 0
                    )
            )
        )
        AND (
            :overlays::text[] IS NULL
            OR span.document::jsonb -> 'overlays' ?| :overlays::text[]
            OR (
                'presumed-dead' = ANY (:overlays::text[])
                AND span.headline_severity = 'presumed-dead'
                AND span.headline_certainty = 'certain'
            )
        )
        AND (
            :updated_after::timestamptz IS NULL
            OR project.updated_at > :updated_after::timestamptz
            OR project.project IN (
                -- include: changed_by_others
            )
        )
        -- A look at the text spares reading all of them as JSON: in its strings a quotation mark is escaped.
        AND (
            :located::boolean IS NULL
            OR :located::boolean = (
                strpos(span.document, '"latitude":') > 0 AND strpos(span.document, '"longitude":') > 0
            )
        )
        AND (
            :headlines::text[] IS NULL
            OR span.headline_severity = ANY (:headlines::text[])
            OR ('any' = ANY (:headlines::text[]) AND span.headline_severity IS NOT NULL)
            OR ('none' = ANY (:headlines::text[]) AND span.headline_severity IS NULL)
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
    headline_certainty,
    headline_since,
    last_event_on,
    last_event_earliest,
    last_event_given,
    countries,
    sector,
    commodities,
    investors,
    forums
FROM ranked
WHERE :after_rank::text IS NULL OR (rank, project) > (:after_rank::text, :after_project::text)
ORDER BY rank, project
LIMIT :limit::integer;

-- name: project_keys
-- The keys of these projects. Parameters: see project_page.
WITH page AS (
    -- include: project_page
)
SELECT page.project
FROM page;

-- name: project_points
-- Where these projects are, and what a map shows of them. Parameters: see project_page, with :located true.
WITH page AS (
    -- include: project_page
)
SELECT
    page.project,
    page.level,
    page.headline_severity,
    page.headline_certainty,
    page.countries,
    told.name,
    told.latitude,
    told.longitude,
    COALESCE(told.overlays, '{}') AS overlays
FROM page
CROSS JOIN LATERAL json_to_record(page.document::json) AS told (
    name text, latitude double precision, longitude double precision, overlays text[]
)
ORDER BY page.project;

-- name: portfolio
-- How many projects there are of each level, severity of the headline, country and so on. Parameters: see project_page; the keys
-- of the projects of those investors that are :related to others, whose projects count for these, too, are in `of_related`.
WITH page AS (
    -- include: project_page
)
SELECT 'level' AS facet, page.level::text AS value, count(*) AS projects, NULL::text[] AS of_related
FROM page
GROUP BY page.level
UNION ALL
SELECT 'headline', COALESCE(page.headline_severity, 'none'), count(*), NULL FROM page GROUP BY page.headline_severity
UNION ALL
SELECT 'country', country, count(*), NULL FROM page CROSS JOIN LATERAL unnest(page.countries) AS country GROUP BY country
UNION ALL
SELECT 'sector', page.sector, count(*), NULL FROM page WHERE page.sector IS NOT NULL GROUP BY page.sector
UNION ALL
SELECT 'commodity', commodity, count(*), NULL
FROM page
CROSS JOIN LATERAL unnest(page.commodities) AS commodity
GROUP BY commodity
UNION ALL
SELECT
    'investor',
    investor,
    count(DISTINCT page.project),
    array_agg(page.project) FILTER (WHERE investor = ANY (:related::text[]))
FROM page
CROSS JOIN LATERAL unnest(page.investors) AS investor
GROUP BY investor
UNION ALL
SELECT 'forum', forum, count(*), NULL FROM page CROSS JOIN LATERAL unnest(page.forums) AS forum GROUP BY forum
UNION ALL
SELECT 'investor_country', party.home_country, count(DISTINCT page.project), NULL
FROM page
CROSS JOIN LATERAL unnest(page.investors) AS investor
JOIN party_span AS party
    ON party.party = investor
    AND party.valid_from <= :as_of::date
    AND party.valid_to > :as_of::date
WHERE party.home_country IS NOT NULL
GROUP BY party.home_country
ORDER BY facet, value;

-- name: party_page
-- One page of parties as they are known on a day. :text is a part of key, name, alias or id, folded as search_text is; :parties
-- are those that are asked for.
SELECT
    party.party,
    party.name,
    party.home_country,
    party.kind,
    party.parents[1] AS parent,
    party.lei,
    party.document,
    party.registered
FROM party_span AS party
WHERE party.valid_from <= :as_of::date
    AND party.valid_to > :as_of::date
    AND (:text::text IS NULL OR strpos(party.search_text, :text::text) > 0)
    AND (:countries::text[] IS NULL OR party.home_country = ANY (:countries::text[]))
    AND (:kinds::text[] IS NULL OR party.kind = ANY (:kinds::text[]))
    AND (:parties::text[] IS NULL OR party.party = ANY (:parties::text[]))
    AND (:after_party::text IS NULL OR party.party COLLATE "C" > :after_party::text)
ORDER BY party.party COLLATE "C"
LIMIT :limit::integer;

-- name: parents
-- The parents of parties on a day, with their shares in the document.
SELECT
    party.party,
    party.document
FROM party_span AS party
WHERE party.valid_from <= :as_of::date
    AND party.valid_to > :as_of::date
    AND cardinality(party.parents) > 0;

-- name: deals_of_parties
-- One page of the deals that some parties pursue on a day, in whatever role: those behind :after_project and :after_deal, which
-- may be null.
SELECT
    deal.project,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
    -- Where a deal has investors it is they who pursue it; only of others the document is read.
    AND (
        deal.investors && :parties::text[]
        OR (cardinality(deal.investors) = 0 AND deal.document::jsonb -> 'pursuers' ?| :parties::text[])
    )
    AND (
        :after_project::text IS NULL
        OR (deal.project COLLATE "C", deal.deal COLLATE "C") > (:after_project::text, :after_deal::text)
    )
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C"
LIMIT :limit::integer;

-- name: deal_counts_of_parties
-- How many of all these deals stand at each level (null: they have ended), and how many of those have nothing but paper.
SELECT
    deal.level,
    count(*)::integer AS deals,
    count(*) FILTER (WHERE strpos(deal.document, '"memorandum_runs":true') > 0)::integer AS paper_only
FROM deal_span AS deal
WHERE deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
    -- Where a deal has investors it is they who pursue it; only of others the document is read.
    AND (
        deal.investors && :parties::text[]
        OR (cardinality(deal.investors) = 0 AND deal.document::jsonb -> 'pursuers' ?| :parties::text[])
    )
GROUP BY deal.level;

-- name: party_keys
-- Every key, to suggest one to somebody who misspelt it.
SELECT DISTINCT party.party
FROM party_span AS party
ORDER BY party.party;

-- name: deals_standing
-- Deals as they stand on a day.
-- Of the project are :countries, :commodities, :sectors, :text and :updated_after; of the deal the others. :text is of a party that
-- pursues the deal, too.
SELECT
    deal.project,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
JOIN project ON project.project = deal.project
JOIN project_span AS span
    ON span.project = deal.project
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date
WHERE deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
    AND (:countries::text[] IS NULL OR span.countries && :countries::text[])
    AND (:commodities::text[] IS NULL OR span.commodities && :commodities::text[])
    AND (:sectors::text[] IS NULL OR span.sector = ANY (:sectors::text[]))
    AND (:levels::smallint[] IS NULL OR deal.level = ANY (:levels::smallint[]))
    AND (
        (:flags::text[] IS NULL AND :severities::text[] IS NULL)
        OR EXISTS (
            SELECT 1
            FROM (
                -- include: flags_on_day
            ) AS flag
            WHERE flag.project = deal.project
                AND flag.deal = deal.deal
                AND (:flags::text[] IS NULL OR flag.flag = ANY (:flags::text[]))
                AND (:severities::text[] IS NULL OR flag.severity = ANY (:severities::text[]))
        )
    )
    AND (:investors::text[] IS NULL OR deal.investors && :investors::text[])
    AND (
        :investor_countries::text[] IS NULL
        OR deal.investors && ARRAY(
            -- include: parties_at_home
        )
    )
    AND (:forums::text[] IS NULL OR project.forums && :forums::text[])
    AND (
        :text::text IS NULL
        OR strpos(span.search_text, :text::text) > 0
        OR strpos(translate(array_to_string(deal.investors, chr(10)), '-_', '  '), :text::text) > 0
        OR (deal.project, deal.deal, deal.valid_from) IN (
            SELECT pursued.project, pursued.deal, pursued.valid_from
            FROM deal_span AS pursued
            WHERE pursued.document::jsonb -> 'pursuers' ?| ARRAY(
                SELECT party.party
                FROM party_span AS party
                WHERE party.valid_from <= :as_of::date
                    AND party.valid_to > :as_of::date
                    AND strpos(party.search_text, :text::text) > 0
            )
        )
    )
    AND (
        :overlays::text[] IS NULL
        OR deal.document::jsonb -> 'overlays' ?| :overlays::text[]
        -- Of the overlays that follow from flags.
        OR EXISTS (
            SELECT 1
            FROM flag_span AS flag
            WHERE flag.project = deal.project
                AND flag.deal = deal.deal
                AND flag.valid_from <= :as_of::date
                AND flag.valid_to > :as_of::date
                AND (
                    ('lapsed' = ANY (:overlays::text[]) AND flag.flag = 'lapsed')
                    OR (
                        'presumed-dead' = ANY (:overlays::text[])
                        AND flag.flag = 'memorandum-only'
                        AND flag.presumed_dead_certain_since <= :as_of::date
                    )
                )
        )
    )
    AND (
        :updated_after::timestamptz IS NULL
        OR project.updated_at > :updated_after::timestamptz
        OR project.project IN (
            -- include: changed_by_others
        )
    )
    AND (:projects::text[] IS NULL OR deal.project = ANY (:projects::text[]))
    AND (:deals::text[] IS NULL OR deal.deal = ANY (:deals::text[]));

-- name: deal_page
-- One page of them.
WITH standing AS (
    -- include: deals_standing
)
SELECT
    standing.project,
    standing.deal,
    standing.phase,
    standing.level,
    standing.highest_level,
    standing.investors,
    standing.document
FROM standing
WHERE :after_project::text IS NULL
    OR (standing.project COLLATE "C", standing.deal COLLATE "C") > (:after_project::text, :after_deal::text)
ORDER BY standing.project COLLATE "C", standing.deal COLLATE "C"
LIMIT :limit::integer;

-- name: deal_count
-- How many of them live.
WITH standing AS (
    -- include: deals_standing
)
SELECT count(standing.level) AS living
FROM standing;

-- name: deal_count_of_all
-- How many deals live, without any filter. A deal stands only on days on which its project does.
SELECT count(deal.level) AS living
FROM deal_span AS deal
WHERE deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date;

-- name: flags_standing
-- The flags that stand on a day; the deal '' is the project's own.
-- :investors, those asked for and whoever belongs to them, are of the deal (of the project, for a flag of the project), and
-- :investor_countries are their home countries; :next_before leaves only those whose severity rises before that day.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.severity,
    flag.since,
    flag.next_on,
    flag.notice_since,
    flag.watch_since,
    flag.stagnant_since,
    flag.presumed_dead_since,
    flag.alert_since,
    flag.document
FROM (
    -- include: flags_on_day
) AS flag
WHERE (:flags::text[] IS NULL OR flag.flag = ANY (:flags::text[]))
    AND (:severities::text[] IS NULL OR flag.severity = ANY (:severities::text[]))
    AND (:certainties::text[] IS NULL OR flag.certainty = ANY (:certainties::text[]))
    AND (:projects::text[] IS NULL OR flag.project = ANY (:projects::text[]))
    AND (:deals::text[] IS NULL OR flag.deal = ANY (:deals::text[]))
    -- Projects and deals are looked at only where a filter needs them.
    AND (
        (:countries::text[] IS NULL AND :commodities::text[] IS NULL)
        OR EXISTS (
            SELECT 1
            FROM project_span AS span
            WHERE span.project = flag.project
                AND span.valid_from <= :as_of::date
                AND span.valid_to > :as_of::date
                AND (:countries::text[] IS NULL OR span.countries && :countries::text[])
                AND (:commodities::text[] IS NULL OR span.commodities && :commodities::text[])
        )
    )
    AND (
        (:investors::text[] IS NULL AND :investor_countries::text[] IS NULL)
        OR (flag.project, flag.deal) IN (
            SELECT deal.project, deal.deal
            FROM deal_span AS deal
            WHERE deal.valid_from <= :as_of::date
                AND deal.valid_to > :as_of::date
                AND (:investors::text[] IS NULL OR deal.investors && :investors::text[])
                AND (
                    :investor_countries::text[] IS NULL
                    OR deal.investors && ARRAY(
                        -- include: parties_at_home
                    )
                )
        )
        OR (
            flag.project IN (
                SELECT span.project
                FROM project_span AS span
                WHERE span.valid_from <= :as_of::date
                    AND span.valid_to > :as_of::date
                    AND (:investors::text[] IS NULL OR span.investors && :investors::text[])
                    AND (
                        :investor_countries::text[] IS NULL
                        OR span.investors && ARRAY(
                            -- include: parties_at_home
                        )
                    )
            )
            AND NOT EXISTS (
                SELECT 1
                FROM deal_span AS deal
                WHERE deal.project = flag.project
                    AND deal.deal = flag.deal
                    AND deal.valid_from <= :as_of::date
                    AND deal.valid_to > :as_of::date
            )
        )
    )
    AND (:next_before::date IS NULL OR flag.next_on < :next_before::date)
    -- The same less exactly, for the indexes of the days of severities.
    AND (
        :next_before::date IS NULL
        OR (flag.watch_since > :as_of::date AND flag.watch_since < :next_before::date)
        OR (flag.stagnant_since > :as_of::date AND flag.stagnant_since < :next_before::date)
        OR (flag.presumed_dead_since > :as_of::date AND flag.presumed_dead_since < :next_before::date)
    );

-- name: flag_page
-- One page of flags; `rank` is the value that :sort orders by, but for the severity.
WITH standing AS (
    -- include: flags_standing
),
ranked AS (
    SELECT
        standing.project,
        standing.deal,
        standing.flag,
        standing.document,
        CASE :sort::text
            WHEN 'since' THEN standing.since::text
            WHEN '-since' THEN translate(standing.since::text, '0123456789', '9876543210')
            WHEN 'next' THEN COALESCE(standing.next_on::text, '~')
            ELSE ''
        END COLLATE "C" AS rank
    FROM standing
)
SELECT
    project,
    deal,
    flag,
    document,
    rank
FROM ranked
WHERE :after_rank::text IS NULL
    OR (rank, project COLLATE "C", deal COLLATE "C", flag COLLATE "C")
    > (:after_rank::text, :after_project::text, :after_deal::text, :after_flag::text)
ORDER BY rank, project COLLATE "C", deal COLLATE "C", flag COLLATE "C"
LIMIT :limit::integer;

-- name: flag_page_of_alert
-- One page of the flags of one severity, the oldest first, in the order of an index.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document,
    '1' || flag.alert_since AS rank
FROM (
    -- include: flags_standing
) AS flag
WHERE flag.alert_since <= :as_of::date
    AND (
        :after_since::date IS NULL
        OR (flag.alert_since, flag.project, flag.deal, flag.flag)
        > (:after_since::date, :after_project::text, :after_deal::text, :after_flag::text)
    )
ORDER BY flag.alert_since, flag.project, flag.deal, flag.flag
LIMIT :limit::integer;

-- name: flag_page_of_presumed_dead
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document,
    '2' || flag.presumed_dead_since AS rank
FROM (
    -- include: flags_standing
) AS flag
WHERE flag.presumed_dead_since <= :as_of::date
    AND (flag.alert_since IS NULL OR flag.alert_since > :as_of::date)
    AND (
        :after_since::date IS NULL
        OR (flag.presumed_dead_since, flag.project, flag.deal, flag.flag)
        > (:after_since::date, :after_project::text, :after_deal::text, :after_flag::text)
    )
ORDER BY flag.presumed_dead_since, flag.project, flag.deal, flag.flag
LIMIT :limit::integer;

-- name: flag_page_of_stagnant
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document,
    '3' || flag.stagnant_since AS rank
FROM (
    -- include: flags_standing
) AS flag
WHERE flag.stagnant_since <= :as_of::date
    AND (flag.alert_since IS NULL OR flag.alert_since > :as_of::date)
    AND (flag.presumed_dead_since IS NULL OR flag.presumed_dead_since > :as_of::date)
    AND (
        :after_since::date IS NULL
        OR (flag.stagnant_since, flag.project, flag.deal, flag.flag)
        > (:after_since::date, :after_project::text, :after_deal::text, :after_flag::text)
    )
ORDER BY flag.stagnant_since, flag.project, flag.deal, flag.flag
LIMIT :limit::integer;

-- name: flag_page_of_watch
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document,
    '4' || flag.watch_since AS rank
FROM (
    -- include: flags_standing
) AS flag
WHERE flag.watch_since <= :as_of::date
    AND (flag.alert_since IS NULL OR flag.alert_since > :as_of::date)
    AND (flag.presumed_dead_since IS NULL OR flag.presumed_dead_since > :as_of::date)
    AND (flag.stagnant_since IS NULL OR flag.stagnant_since > :as_of::date)
    AND (
        :after_since::date IS NULL
        OR (flag.watch_since, flag.project, flag.deal, flag.flag)
        > (:after_since::date, :after_project::text, :after_deal::text, :after_flag::text)
    )
ORDER BY flag.watch_since, flag.project, flag.deal, flag.flag
LIMIT :limit::integer;

-- name: flag_page_of_notice
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document,
    '5' || flag.notice_since AS rank
FROM (
    -- include: flags_standing
) AS flag
WHERE flag.notice_since <= :as_of::date
    AND (flag.alert_since IS NULL OR flag.alert_since > :as_of::date)
    AND (flag.presumed_dead_since IS NULL OR flag.presumed_dead_since > :as_of::date)
    AND (flag.stagnant_since IS NULL OR flag.stagnant_since > :as_of::date)
    AND (flag.watch_since IS NULL OR flag.watch_since > :as_of::date)
    AND (
        :after_since::date IS NULL
        OR (flag.notice_since, flag.project, flag.deal, flag.flag)
        > (:after_since::date, :after_project::text, :after_deal::text, :after_flag::text)
    )
ORDER BY flag.notice_since, flag.project, flag.deal, flag.flag
LIMIT :limit::integer;

-- name: flag_count
-- How many flags stand on a day.
WITH standing AS (
    -- include: flags_standing
)
SELECT count(*) AS flags
FROM standing;

-- name: names_of_projects
-- What lists of flags and deals say of some projects on a day.
SELECT
    span.project,
    span.name,
    span.country,
    span.sector
FROM project_span AS span
WHERE span.project = ANY (:projects::text[])
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date;

-- name: names_of_parties
-- The names of some parties on a day.
SELECT
    party.party,
    party.name
FROM party_span AS party
WHERE party.party = ANY (:parties::text[])
    AND party.valid_from <= :as_of::date
    AND party.valid_to > :as_of::date
    AND party.name IS NOT NULL;

-- name: flags_of_projects
-- All flags of some projects on a day, for a page of projects or deals in one query.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document
FROM flag_span AS flag
WHERE flag.project = ANY (:projects::text[])
    AND flag.valid_from <= :as_of::date
    AND flag.valid_to > :as_of::date
ORDER BY flag.project, flag.deal, flag.flag;

-- name: flags_of_deals
-- All flags of some deals on a day; :deals belong to the :projects at the same places.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.document
FROM unnest(:projects::text[], :deals::text[]) AS wanted (project, deal)
JOIN flag_span AS flag
    ON flag.project = wanted.project
    AND flag.deal = wanted.deal
WHERE flag.valid_from <= :as_of::date
    AND flag.valid_to > :as_of::date
ORDER BY flag.project, flag.deal, flag.flag;

-- name: deal_counts
-- How many deals of some projects live on a day, and how many have ended.
SELECT
    deal.project,
    count(deal.level) AS living,
    count(*) - count(deal.level) AS ended
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
    AND deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
GROUP BY deal.project;

-- name: co_investments
-- Where deals of some projects have a part in what would displace them, on a day.
SELECT
    span.project,
    span.deal,
    span.events
FROM co_investment_span AS span
WHERE span.project = ANY (:projects::text[])
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date;

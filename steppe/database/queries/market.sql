-- What the projector reads and writes of projects that share a market. Everything runs in the transaction of the batch.

-- name: lock_markets
-- Whoever judges a market reads who belongs to which group, and whoever changes that (`:regroups`) waits for them. Then one at a time in
-- each market, always taken in the same order: those where these projects stood until now, and those where they will stand.
WITH parties AS MATERIALIZED (
    SELECT
        CASE
            WHEN :regroups::boolean THEN pg_advisory_xact_lock(:lock::bigint)
            ELSE pg_advisory_xact_lock_shared(:lock::bigint)
        END AS locked
)
SELECT pg_advisory_xact_lock(ordered.key)
FROM parties
LEFT JOIN (
    SELECT DISTINCT hashtextextended(judged.market, 0) AS key
    FROM (
        SELECT unnest(standing.markets) AS market
        FROM standing
        WHERE standing.project = ANY (:projects::text[])
        UNION ALL
        SELECT unnest(:markets::text[])
    ) AS judged
    ORDER BY 1
    OFFSET 0
) AS ordered ON TRUE;

-- name: standings_of_projects
SELECT standing.project, standing.document, standing.contenders
FROM standing
WHERE standing.project = ANY (:projects::text[]);

-- name: standings_that_crossed
SELECT standing.document
FROM standing
WHERE standing.document NOT LIKE '%"crossings":[]%';

-- name: contending_in_markets
-- Projects to which a change in these markets can do something.
SELECT standing.project
FROM standing
WHERE standing.markets && :markets::text[]
    AND standing.contenders <> '[]';

-- name: projects_of_parties
-- Projects whose deals name a party of these.
SELECT standing.project
FROM standing
WHERE standing.parties && :parties::text[];

-- name: crossings_of_projects
SELECT
    crossing.project, crossing.deal, crossing.scope, crossing.valid_from, crossing.valid_to, crossing.won_on, crossing.since,
    crossing.event, crossing.winners, crossing.parts, crossing.countries, crossing.commodities, crossing.markets
FROM crossing
WHERE crossing.project = ANY (:projects::text[]);

-- name: crossings_in_markets
SELECT
    crossing.project, crossing.deal, crossing.scope, crossing.valid_from, crossing.valid_to, crossing.won_on, crossing.since,
    crossing.event, crossing.winners, crossing.parts, crossing.countries, crossing.commodities
FROM crossing
WHERE crossing.markets && :markets::text[];

-- name: crossings_on_day
-- Those that count on a day, but for crowding what was won too long before.
SELECT
    crossing.project, crossing.deal, crossing.scope, crossing.valid_from, crossing.valid_to, crossing.won_on, crossing.since,
    crossing.event, crossing.winners, crossing.parts, crossing.countries, crossing.commodities
FROM crossing
WHERE crossing.markets && :markets::text[]
    AND crossing.valid_from <= :day::date
    AND crossing.valid_to > :day::date
    AND (crossing.scope <> 'any' OR crossing.won_on > :won_after::date);

-- name: remove_every_crossing
DELETE FROM crossing;

-- name: remove_crossings
DELETE FROM crossing
USING unnest(:projects::text[], :deals::text[], :scopes::text[], :days::date[]) AS gone (project, deal, scope, valid_from)
WHERE crossing.project = gone.project
    AND crossing.deal = gone.deal
    AND crossing.scope = gone.scope
    AND crossing.valid_from = gone.valid_from;

-- name: markets_changed_at
SELECT market.market, market.changed_at
FROM market
WHERE market.market = ANY (:markets::text[]);

-- name: note_every_market
UPDATE market
SET changed_at = greatest(now(), market.changed_at + interval '1 microsecond');

-- name: note_changed_markets
-- Always later than before, whatever the clock says.
INSERT INTO market (market, changed_at)
SELECT changed.market, :now::timestamptz
FROM unnest(:markets::text[]) AS changed (market)
ON CONFLICT (market) DO UPDATE
SET changed_at = greatest(EXCLUDED.changed_at, market.changed_at + interval '1 microsecond');

-- name: lock_standings
SELECT standing.project, standing.fault
FROM standing
WHERE standing.project = ANY (:projects::text[])
ORDER BY standing.project COLLATE "C"
FOR UPDATE;

-- name: parents_above
-- What is registered of these parties' parents, and of theirs, up to the last.
WITH RECURSIVE above AS (
    SELECT party
    FROM unnest(:parties::text[]) AS party
    UNION
    SELECT unnest(span.parents)
    FROM above
    JOIN party_span AS span ON span.party = above.party
)
SELECT span.party, span.valid_from, span.document
FROM above
JOIN party_span AS span ON span.party = above.party
ORDER BY span.party COLLATE "C", span.valid_from;

-- name: every_parent
SELECT span.party, span.valid_from, span.document
FROM party_span AS span
ORDER BY span.party COLLATE "C", span.valid_from;

-- name: parties_below
-- These parties and all that ever had one of them as a parent, however far above.
WITH RECURSIVE below AS (
    SELECT party COLLATE "C" AS party
    FROM unnest(:parties::text[]) AS party
    UNION
    SELECT span.party
    FROM below
    JOIN party_span AS span ON span.parents @> ARRAY[below.party]
)
SELECT below.party
FROM below;

-- name: parents_of_parties
SELECT span.party, span.valid_from, span.valid_to, span.document
FROM party_span AS span
WHERE span.party = ANY (:parties::text[])
ORDER BY span.party COLLATE "C", span.valid_from;

-- name: market_flags_of_projects
SELECT
    flag.project, flag.deal, flag.flag, flag.valid_from, flag.valid_to, flag.notice_since, flag.watch_since, flag.stagnant_since,
    flag.presumed_dead_since, flag.alert_since, flag.notice_certain_since, flag.watch_certain_since, flag.stagnant_certain_since,
    flag.presumed_dead_certain_since, flag.alert_certain_since, flag.names_on, flag.document
FROM flag_span AS flag
WHERE flag.project = ANY (:projects::text[])
    AND flag.flag IN ('displaced', 'crowded');

-- name: co_investments_of_projects
SELECT span.project, span.deal, span.valid_from, span.valid_to, span.events
FROM co_investment_span AS span
WHERE span.project = ANY (:projects::text[]);

-- name: market_effects_of_projects
-- The rows of both, at once.
SELECT
    ARRAY(SELECT stored FROM (
        -- include: market_flags_of_projects
    ) AS stored) AS flags,
    ARRAY(SELECT stored FROM (
        -- include: co_investments_of_projects
    ) AS stored) AS co_investments;

-- name: remove_market_flags
DELETE FROM flag_span
USING unnest(:projects::text[], :deals::text[], :flags::text[], :days::date[]) AS gone (project, deal, flag, valid_from)
WHERE flag_span.project = gone.project
    AND flag_span.deal = gone.deal
    AND flag_span.flag = gone.flag
    AND flag_span.valid_from = gone.valid_from;

-- name: remove_co_investments
DELETE FROM co_investment_span
USING unnest(:projects::text[], :deals::text[], :days::date[]) AS gone (project, deal, valid_from)
WHERE co_investment_span.project = gone.project
    AND co_investment_span.deal = gone.deal
    AND co_investment_span.valid_from = gone.valid_from;

-- name: note_market_faults
-- Why each could not be judged; null: it could.
UPDATE standing
SET fault = judged.fault
FROM unnest(:projects::text[], :faults::text[]) AS judged (project, fault)
WHERE standing.project = judged.project;

-- name: touch_projects
UPDATE project
SET updated_at = :now::timestamptz
WHERE project = ANY (:projects::text[]);

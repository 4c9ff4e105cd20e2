-- What the projector reads and writes of projects that share a market. Everything runs in the transaction of the batch.

-- name: lock_parties
-- Whoever judges a market reads who belongs to which group; whoever changes that waits for them.
SELECT pg_advisory_xact_lock_shared(:lock::bigint);

-- name: lock_parties_to_change
SELECT pg_advisory_xact_lock(:lock::bigint);

-- name: lock_markets
-- One at a time in each market, always taken in the same order.
SELECT pg_advisory_xact_lock(ordered.key)
FROM (
    SELECT DISTINCT hashtextextended(market, 0) AS key
    FROM unnest(:markets::text[]) AS market
    ORDER BY 1
    OFFSET 0
) AS ordered;

-- name: standings_of_projects
SELECT standing.project, standing.markets, standing.document
FROM standing
WHERE standing.project = ANY (:projects::text[]);

-- name: projects_in_markets
SELECT standing.project
FROM standing
WHERE standing.markets && :markets::text[];

-- name: crossers_in_markets
-- Those of which a deal crossed the line.
SELECT standing.project, standing.document
FROM standing
WHERE standing.markets && :markets::text[]
    AND standing.document NOT LIKE '%"crossings":[]%';

-- name: projects_of_parties
-- Projects whose deals name a party of these, and the markets they are in.
SELECT standing.project, standing.markets
FROM standing
WHERE standing.parties && :parties::text[];

-- name: lock_standings
SELECT standing.project, standing.fault
FROM standing
WHERE standing.project = ANY (:projects::text[])
ORDER BY standing.project COLLATE "C"
FOR UPDATE;

-- name: remove_standings
DELETE FROM standing
WHERE project = ANY (:projects::text[]);

-- name: deal_spans_of_projects
SELECT deal.project, deal.valid_from, deal.valid_to, deal.document
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
ORDER BY deal.project COLLATE "C", deal.deal COLLATE "C", deal.valid_from;

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

-- name: parties_below
-- These parties and all that ever had one of them as a parent, however far above.
WITH RECURSIVE below AS (
    SELECT party
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

-- name: remove_market_flags
DELETE FROM flag_span
WHERE project = ANY (:projects::text[])
    AND flag IN ('displaced', 'crowded');

-- name: remove_co_investments
DELETE FROM co_investment_span
WHERE project = ANY (:projects::text[]);

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

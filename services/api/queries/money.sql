-- What money is made of: the events whose amounts are summed, what their deals still hold, and whose they are.

-- name: money_events
-- Events that state an amount that is summed. All events of a project where others decide what those mean: corrections, endings
-- that may draw a coarse row before them, and documents of which a row is part.
WITH stating AS (
    SELECT event.subject, event.raw, event.headers, event.state, event.occurred_earliest, event.occurred_latest
    FROM event
    WHERE event.name = ANY (:names::text[])
        AND strpos(event.raw, '"amount"') > 0
        AND event.state = 'folded'
),
read_whole AS (
    SELECT stating.subject
    FROM stating
    WHERE strpos(stating.raw, '"part_of"') > 0
    UNION
    SELECT correction.subject
    FROM event AS correction
    WHERE correction.name = ANY (:corrections::text[])
        AND (
            correction.name = 'event.reclassified'
            OR strpos(correction.raw, '"amount"') > 0
            OR correction.subject IN (SELECT stating.subject FROM stating)
        )
    UNION
    SELECT stating.subject
    FROM stating
    JOIN event AS ending ON ending.subject = stating.subject
    WHERE stating.occurred_earliest IS DISTINCT FROM stating.occurred_latest
        AND ending.name = ANY (:endings::text[])
        AND coalesce(ending.occurred_earliest, '-infinity') < stating.occurred_latest
        AND ending.occurred_latest >= coalesce(stating.occurred_earliest, '-infinity')
)
SELECT stating.subject, stating.raw, stating.headers, stating.state
FROM stating
WHERE stating.subject NOT IN (SELECT read_whole.subject FROM read_whole)
UNION ALL
SELECT event.subject, event.raw, event.headers, event.state
FROM event
WHERE event.subject IN (SELECT read_whole.subject FROM read_whole);

-- name: valid_legs
-- The events that bind legs which are valid on a day, of some projects.
SELECT
    deal.project,
    deal.deal,
    jsonb_path_query_array(deal.document::jsonb, '$.legs[*] ? (@.valid == true).events[*]')::text AS events
FROM deal_span AS deal
WHERE deal.project = ANY (:projects::text[])
    AND deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
    AND deal.level IS NOT NULL;

-- name: givers_and_hosts
-- For which nation parties stand through the days, their kind, and the country of those that host for a state.
SELECT
    party.party,
    party.valid_from,
    party.valid_to,
    CASE WHEN party.kind = 'multilateral' THEN party.party ELSE party.home_country END AS nation,
    party.kind IN ('government', 'agency', 'state-company') AS of_a_state
FROM party_span AS party
WHERE party.home_country IS NOT NULL
    OR party.kind = 'multilateral';

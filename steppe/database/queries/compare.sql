-- Two read models beside each other, after a rebuild. `active_model` and `built_model` stand for their schemas, which
-- `services/projector/rebuild/compare.py` puts in; the names come from the pointer, never from input.

-- name: row_counts
SELECT 'event' AS table_name, (SELECT count(*) FROM active_model.event) AS active, (SELECT count(*) FROM built_model.event) AS built
UNION ALL
SELECT 'conflict' AS table_name, (SELECT count(*) FROM active_model.conflict) AS active, (SELECT count(*) FROM built_model.conflict) AS built
UNION ALL
SELECT 'quarantine' AS table_name, (SELECT count(*) FROM active_model.quarantine) AS active, (SELECT count(*) FROM built_model.quarantine) AS built
UNION ALL
SELECT 'parked' AS table_name, (SELECT count(*) FROM active_model.parked) AS active, (SELECT count(*) FROM built_model.parked) AS built
UNION ALL
SELECT 'project' AS table_name, (SELECT count(*) FROM active_model.project) AS active, (SELECT count(*) FROM built_model.project) AS built
UNION ALL
SELECT 'project_span' AS table_name, (SELECT count(*) FROM active_model.project_span) AS active, (SELECT count(*) FROM built_model.project_span) AS built
UNION ALL
SELECT 'headline_span' AS table_name, (SELECT count(*) FROM active_model.headline_span) AS active, (SELECT count(*) FROM built_model.headline_span) AS built
UNION ALL
SELECT 'last_event_span' AS table_name, (SELECT count(*) FROM active_model.last_event_span) AS active, (SELECT count(*) FROM built_model.last_event_span) AS built
UNION ALL
SELECT 'deal_span' AS table_name, (SELECT count(*) FROM active_model.deal_span) AS active, (SELECT count(*) FROM built_model.deal_span) AS built
UNION ALL
SELECT 'flag_span' AS table_name, (SELECT count(*) FROM active_model.flag_span) AS active, (SELECT count(*) FROM built_model.flag_span) AS built
UNION ALL
SELECT 'party_span' AS table_name, (SELECT count(*) FROM active_model.party_span) AS active, (SELECT count(*) FROM built_model.party_span) AS built
UNION ALL
SELECT 'forum' AS table_name, (SELECT count(*) FROM active_model.forum) AS active, (SELECT count(*) FROM built_model.forum) AS built
UNION ALL
SELECT 'standing' AS table_name, (SELECT count(*) FROM active_model.standing) AS active, (SELECT count(*) FROM built_model.standing) AS built
UNION ALL
SELECT 'crossing' AS table_name, (SELECT count(*) FROM active_model.crossing) AS active, (SELECT count(*) FROM built_model.crossing) AS built
UNION ALL
SELECT 'party_naming' AS table_name, (SELECT count(*) FROM active_model.party_naming) AS active, (SELECT count(*) FROM built_model.party_naming) AS built
UNION ALL
SELECT 'co_investment_span' AS table_name, (SELECT count(*) FROM active_model.co_investment_span) AS active, (SELECT count(*) FROM built_model.co_investment_span) AS built;

-- name: same_position
-- Projects of which both have applied the same events.
SELECT active.project
FROM active_model.project AS active
JOIN built_model.project AS built USING (project)
WHERE (active.partition, active.log_offset, active.event_count) = (built.partition, built.log_offset, built.event_count);

-- name: compared_projects
-- How many projects there are in either, and how many can be compared.
WITH compared AS (
    -- include: same_position
)
SELECT
    (SELECT count(*) FROM active_model.project AS active FULL JOIN built_model.project AS built USING (project)) AS projects,
    (SELECT count(*) FROM compared) AS compared;

-- name: same_position_in_markets
-- Those of them that share no market with a project that cannot be compared.
WITH known AS (
    -- include: same_position
),
moved AS (
    SELECT DISTINCT unnest(standing.markets) AS market
    FROM (TABLE active_model.standing UNION ALL TABLE built_model.standing) AS standing
    WHERE NOT EXISTS (SELECT 1 FROM known WHERE known.project = standing.project)
)
SELECT known.project
FROM known
JOIN active_model.standing AS standing USING (project)
WHERE NOT standing.markets && (SELECT COALESCE(array_agg(moved.market), '{}') FROM moved);

-- name: differing_projects
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, partition, log_offset, event_count, forums, investors, superseded_by, superseded_reason, superseded_event)::text, 0)) AS content
    FROM active_model.project
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, partition, log_offset, event_count, forums, investors, superseded_by, superseded_reason, superseded_event)::text, 0)) AS content
    FROM built_model.project
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_project_spans
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, valid_from, valid_to, name, country, countries, sector, kind, commodities, level, highest_level, investors, search_text, document)::text, 0)) AS content
    FROM active_model.project_span
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, valid_from, valid_to, name, country, countries, sector, kind, commodities, level, highest_level, investors, search_text, document)::text, 0)) AS content
    FROM built_model.project_span
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_headline_spans
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, valid_from, valid_to, watch_since, stagnant_since, presumed_dead_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since)::text, 0)) AS content
    FROM active_model.headline_span
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, valid_from, valid_to, watch_since, stagnant_since, presumed_dead_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since)::text, 0)) AS content
    FROM built_model.headline_span
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_last_event_spans
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, valid_from, valid_to, earliest, latest, given)::text, 0)) AS content
    FROM active_model.last_event_span
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, valid_from, valid_to, earliest, latest, given)::text, 0)) AS content
    FROM built_model.last_event_span
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_deal_spans
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, valid_from, valid_to, phase, level, highest_level, investors, document)::text, 0)) AS content
    FROM active_model.deal_span
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, valid_from, valid_to, phase, level, highest_level, investors, document)::text, 0)) AS content
    FROM built_model.deal_span
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_flag_spans
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, flag, valid_from, valid_to, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since, notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since, names_on, document)::text, 0)) AS content
    FROM active_model.flag_span
    JOIN compared USING (project)
    WHERE NOT flag IN ('displaced', 'crowded')
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, flag, valid_from, valid_to, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since, notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since, names_on, document)::text, 0)) AS content
    FROM built_model.flag_span
    JOIN compared USING (project)
    WHERE NOT flag IN ('displaced', 'crowded')
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_standings
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, markets, parties, document, contenders)::text, 0)) AS content
    FROM active_model.standing
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, markets, parties, document, contenders)::text, 0)) AS content
    FROM built_model.standing
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_party_namings
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, party, field, known_at, recorded_at, source, id, value)::text, 0)) AS content
    FROM active_model.party_naming
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, party, field, known_at, recorded_at, source, id, value)::text, 0)) AS content
    FROM built_model.party_naming
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_market_flag_spans
WITH compared AS (
    -- include: same_position_in_markets
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, flag, valid_from, valid_to, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since, notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since, names_on, document)::text, 0)) AS content
    FROM active_model.flag_span
    JOIN compared USING (project)
    WHERE flag IN ('displaced', 'crowded')
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, flag, valid_from, valid_to, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since, notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since, names_on, document)::text, 0)) AS content
    FROM built_model.flag_span
    JOIN compared USING (project)
    WHERE flag IN ('displaced', 'crowded')
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_crossings
WITH compared AS (
    -- include: same_position
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, scope, valid_from, valid_to, won_on, since, event, winners, parts, countries, commodities, markets)::text, 0)) AS content
    FROM active_model.crossing
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, scope, valid_from, valid_to, won_on, since, event, winners, parts, countries, commodities, markets)::text, 0)) AS content
    FROM built_model.crossing
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: differing_co_investment_spans
WITH compared AS (
    -- include: same_position_in_markets
),
active AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, valid_from, valid_to, events)::text, 0)) AS content
    FROM active_model.co_investment_span
    JOIN compared USING (project)
    GROUP BY project
),
built AS (
    SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW(project, deal, valid_from, valid_to, events)::text, 0)) AS content
    FROM built_model.co_investment_span
    JOIN compared USING (project)
    GROUP BY project
)
SELECT project
FROM active
FULL JOIN built USING (project)
WHERE (active.number, active.content) IS DISTINCT FROM (built.number, built.content);

-- name: registries_differ
-- Who belongs to which group decides what a market does.
SELECT EXISTS (
    (SELECT party, valid_from, valid_to, name, home_country, kind, lei, parents, search_text, document, registered FROM active_model.party_span WHERE registered EXCEPT SELECT party, valid_from, valid_to, name, home_country, kind, lei, parents, search_text, document, registered FROM built_model.party_span WHERE registered)
    UNION ALL
    (SELECT party, valid_from, valid_to, name, home_country, kind, lei, parents, search_text, document, registered FROM built_model.party_span WHERE registered EXCEPT SELECT party, valid_from, valid_to, name, home_country, kind, lei, parents, search_text, document, registered FROM active_model.party_span WHERE registered)
);

-- What follows from the events of projects: what is removed and written in the transaction of a batch.

-- name: remove_gone_projects
-- Projects of which nothing is known any more.
WITH gone_standings AS (
    DELETE FROM standing
    WHERE project = ANY (:projects::text[])
)
DELETE FROM project
WHERE project = ANY (:projects::text[]);

-- name: store_project
-- Where who pursues it and which forums speak of it stay the same, no index of projects is touched; and most events change nothing of a
-- project as its rivals see it.
WITH stood AS (
    INSERT INTO standing (project, markets, parties, document, contenders)
    VALUES (:project, :markets, :parties, :document, :contenders)
    ON CONFLICT (project) DO UPDATE
    SET markets = EXCLUDED.markets,
        parties = EXCLUDED.parties,
        document = EXCLUDED.document,
        contenders = EXCLUDED.contenders,
        fault = NULL
    WHERE (standing.markets, standing.parties, standing.document, standing.contenders)
            IS DISTINCT FROM (EXCLUDED.markets, EXCLUDED.parties, EXCLUDED.document, EXCLUDED.contenders)
        OR standing.fault IS NOT NULL
)
INSERT INTO project (
    project, partition, log_offset, event_count, forums, investors, superseded_by, superseded_reason, superseded_event,
    updated_at
)
VALUES (
    :project, :partition, :log_offset, :event_count, :forums, :investors, :superseded_by, :superseded_reason,
    :superseded_event, :updated_at
)
ON CONFLICT (project) DO UPDATE
SET partition = EXCLUDED.partition,
    log_offset = EXCLUDED.log_offset,
    event_count = EXCLUDED.event_count,
    forums = EXCLUDED.forums,
    investors = EXCLUDED.investors,
    superseded_by = EXCLUDED.superseded_by,
    superseded_reason = EXCLUDED.superseded_reason,
    superseded_event = EXCLUDED.superseded_event,
    updated_at = EXCLUDED.updated_at;

-- name: remove_spans
-- Of projects, deals and flags those that had not ended before the day of each project, but for those that stay or in the place of which
-- others are put; not of what comes from markets. `:..._days` and what stands before them are the keys of these.
-- Nothing is joined: the same plan serves one project and a thousand, also where the planner knows nothing of the tables or knew them
-- when they were small. What stays is looked up in a table of hashes (NOT IN; no key is null).
WITH gone_project_spans AS (
    DELETE FROM project_span
    WHERE project_span.project = ANY (:projects::text[])
        AND project_span.valid_to >= (:changed_from::jsonb ->> project_span.project)::date
        AND (project_span.project, project_span.valid_from) NOT IN (
            SELECT * FROM unnest(:project_projects::text[], :project_days::date[])
        )
),
gone_headline_spans AS (
    DELETE FROM headline_span
    WHERE headline_span.project = ANY (:projects::text[])
        AND headline_span.valid_to >= (:changed_from::jsonb ->> headline_span.project)::date
        AND (headline_span.project, headline_span.valid_from) NOT IN (
            SELECT * FROM unnest(:headline_projects::text[], :headline_days::date[])
        )
),
gone_last_event_spans AS (
    DELETE FROM last_event_span
    WHERE last_event_span.project = ANY (:projects::text[])
        AND last_event_span.valid_to >= (:changed_from::jsonb ->> last_event_span.project)::date
        AND (last_event_span.project, last_event_span.valid_from) NOT IN (
            SELECT * FROM unnest(:last_event_projects::text[], :last_event_days::date[])
        )
),
gone_flag_spans AS (
    DELETE FROM flag_span
    WHERE flag_span.project = ANY (:projects::text[])
        AND flag_span.valid_to >= (:changed_from::jsonb ->> flag_span.project)::date
        AND NOT flag_span.flag IN ('displaced', 'crowded')
        AND (flag_span.project, flag_span.deal, flag_span.flag, flag_span.valid_from) NOT IN (
            SELECT * FROM unnest(:flag_projects::text[], :flag_deals::text[], :flag_flags::text[], :flag_days::date[])
        )
)
DELETE FROM deal_span
WHERE deal_span.project = ANY (:projects::text[])
    AND deal_span.valid_to >= (:changed_from::jsonb ->> deal_span.project)::date
    AND (deal_span.project, deal_span.deal, deal_span.valid_from) NOT IN (
        SELECT * FROM unnest(:deal_projects::text[], :deal_deals::text[], :deal_days::date[])
    );

-- name: put_project_spans
-- Spans of projects that are not stored as they are here: new ones, and in the place of those that began on the same day. Arrays come as
-- text. OFFSET 0: each is looked up by its key, whatever the planner thinks of the table.
INSERT INTO project_span (
    project, valid_from, valid_to, name, country, countries, sector, kind, commodities, level, highest_level, investors,
    search_text, document
)
SELECT
    new.project, new.valid_from, new.valid_to, new.name, new.country, new.countries::text[], new.sector, new.kind,
    new.commodities::text[], new.level, new.highest_level, new.investors::text[], new.search_text, new.document
FROM unnest(
    :project::text[], :valid_from::date[], :valid_to::date[], :name::text[], :country::text[], :countries::text[],
    :sector::text[], :kind::text[], :commodities::text[], :level::smallint[], :highest_level::smallint[], :investors::text[],
    :search_text::text[], :document::text[]
) AS new (
    project, valid_from, valid_to, name, country, countries, sector, kind, commodities, level, highest_level, investors,
    search_text, document
)
WHERE NOT EXISTS (
    SELECT 1
    FROM project_span AS stored
    WHERE stored.project = new.project
        AND stored.valid_from = new.valid_from
        AND ROW(
            stored.valid_to, stored.name, stored.country, stored.countries, stored.sector, stored.kind, stored.commodities,
            stored.level, stored.highest_level, stored.investors, stored.search_text, stored.document
        ) IS NOT DISTINCT FROM ROW(
            new.valid_to, new.name, new.country, new.countries::text[], new.sector, new.kind, new.commodities::text[],
            new.level, new.highest_level, new.investors::text[], new.search_text, new.document
        )
    OFFSET 0
)
ON CONFLICT (project, valid_from) DO UPDATE
SET
    valid_to = EXCLUDED.valid_to, name = EXCLUDED.name, country = EXCLUDED.country, countries = EXCLUDED.countries,
    sector = EXCLUDED.sector, kind = EXCLUDED.kind, commodities = EXCLUDED.commodities, level = EXCLUDED.level,
    highest_level = EXCLUDED.highest_level, investors = EXCLUDED.investors, search_text = EXCLUDED.search_text,
    document = EXCLUDED.document;

-- name: put_headline_spans
INSERT INTO headline_span (
    project, valid_from, valid_to, watch_since, stagnant_since, presumed_dead_since, watch_certain_since,
    stagnant_certain_since, presumed_dead_certain_since
)
SELECT
    new.project, new.valid_from, new.valid_to, new.watch_since, new.stagnant_since, new.presumed_dead_since,
    new.watch_certain_since, new.stagnant_certain_since, new.presumed_dead_certain_since
FROM unnest(
    :project::text[], :valid_from::date[], :valid_to::date[], :watch_since::date[], :stagnant_since::date[],
    :presumed_dead_since::date[], :watch_certain_since::date[], :stagnant_certain_since::date[],
    :presumed_dead_certain_since::date[]
) AS new (
    project, valid_from, valid_to, watch_since, stagnant_since, presumed_dead_since, watch_certain_since,
    stagnant_certain_since, presumed_dead_certain_since
)
WHERE NOT EXISTS (
    SELECT 1
    FROM headline_span AS stored
    WHERE stored.project = new.project
        AND stored.valid_from = new.valid_from
        AND ROW(
            stored.valid_to, stored.watch_since, stored.stagnant_since, stored.presumed_dead_since,
            stored.watch_certain_since, stored.stagnant_certain_since, stored.presumed_dead_certain_since
        ) IS NOT DISTINCT FROM ROW(
            new.valid_to, new.watch_since, new.stagnant_since, new.presumed_dead_since, new.watch_certain_since,
            new.stagnant_certain_since, new.presumed_dead_certain_since
        )
    OFFSET 0
)
ON CONFLICT (project, valid_from) DO UPDATE
SET
    valid_to = EXCLUDED.valid_to, watch_since = EXCLUDED.watch_since, stagnant_since = EXCLUDED.stagnant_since,
    presumed_dead_since = EXCLUDED.presumed_dead_since, watch_certain_since = EXCLUDED.watch_certain_since,
    stagnant_certain_since = EXCLUDED.stagnant_certain_since,
    presumed_dead_certain_since = EXCLUDED.presumed_dead_certain_since;

-- name: put_last_event_spans
INSERT INTO last_event_span (
    project, valid_from, valid_to, earliest, latest, given
)
SELECT
    new.project, new.valid_from, new.valid_to, new.earliest, new.latest, new.given
FROM unnest(
    :project::text[], :valid_from::date[], :valid_to::date[], :earliest::date[], :latest::date[], :given::text[]
) AS new (
    project, valid_from, valid_to, earliest, latest, given
)
WHERE NOT EXISTS (
    SELECT 1
    FROM last_event_span AS stored
    WHERE stored.project = new.project
        AND stored.valid_from = new.valid_from
        AND ROW(
            stored.valid_to, stored.earliest, stored.latest, stored.given
        ) IS NOT DISTINCT FROM ROW(
            new.valid_to, new.earliest, new.latest, new.given
        )
    OFFSET 0
)
ON CONFLICT (project, valid_from) DO UPDATE
SET
    valid_to = EXCLUDED.valid_to, earliest = EXCLUDED.earliest, latest = EXCLUDED.latest, given = EXCLUDED.given;

-- name: put_deal_spans
INSERT INTO deal_span (
    project, deal, valid_from, valid_to, phase, level, highest_level, investors, document
)
SELECT
    new.project, new.deal, new.valid_from, new.valid_to, new.phase, new.level, new.highest_level, new.investors::text[],
    new.document
FROM unnest(
    :project::text[], :deal::text[], :valid_from::date[], :valid_to::date[], :phase::integer[], :level::smallint[],
    :highest_level::smallint[], :investors::text[], :document::text[]
) AS new (
    project, deal, valid_from, valid_to, phase, level, highest_level, investors, document
)
WHERE NOT EXISTS (
    SELECT 1
    FROM deal_span AS stored
    WHERE stored.project = new.project
        AND stored.deal = new.deal
        AND stored.valid_from = new.valid_from
        AND ROW(
            stored.valid_to, stored.phase, stored.level, stored.highest_level, stored.investors, stored.document
        ) IS NOT DISTINCT FROM ROW(
            new.valid_to, new.phase, new.level, new.highest_level, new.investors::text[], new.document
        )
    OFFSET 0
)
ON CONFLICT (project, deal, valid_from) DO UPDATE
SET
    valid_to = EXCLUDED.valid_to, phase = EXCLUDED.phase, level = EXCLUDED.level, highest_level = EXCLUDED.highest_level,
    investors = EXCLUDED.investors, document = EXCLUDED.document;

-- name: put_flag_spans
INSERT INTO flag_span (
    project, deal, flag, valid_from, valid_to, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since,
    notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since,
    names_on, document
)
SELECT
    new.project, new.deal, new.flag, new.valid_from, new.valid_to, new.notice_since, new.watch_since, new.stagnant_since,
    new.presumed_dead_since, new.alert_since, new.notice_certain_since, new.watch_certain_since, new.stagnant_certain_since,
    new.presumed_dead_certain_since, new.alert_certain_since, new.names_on::date[], new.document
FROM unnest(
    :project::text[], :deal::text[], :flag::text[], :valid_from::date[], :valid_to::date[], :notice_since::date[],
    :watch_since::date[], :stagnant_since::date[], :presumed_dead_since::date[], :alert_since::date[],
    :notice_certain_since::date[], :watch_certain_since::date[], :stagnant_certain_since::date[],
    :presumed_dead_certain_since::date[], :alert_certain_since::date[], :names_on::text[], :document::text[]
) AS new (
    project, deal, flag, valid_from, valid_to, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since,
    notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since,
    names_on, document
)
WHERE NOT EXISTS (
    SELECT 1
    FROM flag_span AS stored
    WHERE stored.project = new.project
        AND stored.deal = new.deal
        AND stored.flag = new.flag
        AND stored.valid_from = new.valid_from
        AND ROW(
            stored.valid_to, stored.notice_since, stored.watch_since, stored.stagnant_since, stored.presumed_dead_since,
            stored.alert_since, stored.notice_certain_since, stored.watch_certain_since, stored.stagnant_certain_since,
            stored.presumed_dead_certain_since, stored.alert_certain_since, stored.names_on, stored.document
        ) IS NOT DISTINCT FROM ROW(
            new.valid_to, new.notice_since, new.watch_since, new.stagnant_since, new.presumed_dead_since, new.alert_since,
            new.notice_certain_since, new.watch_certain_since, new.stagnant_certain_since, new.presumed_dead_certain_since,
            new.alert_certain_since, new.names_on::date[], new.document
        )
    OFFSET 0
)
ON CONFLICT (project, deal, flag, valid_from) DO UPDATE
SET
    valid_to = EXCLUDED.valid_to, notice_since = EXCLUDED.notice_since, watch_since = EXCLUDED.watch_since,
    stagnant_since = EXCLUDED.stagnant_since, presumed_dead_since = EXCLUDED.presumed_dead_since,
    alert_since = EXCLUDED.alert_since, notice_certain_since = EXCLUDED.notice_certain_since,
    watch_certain_since = EXCLUDED.watch_certain_since, stagnant_certain_since = EXCLUDED.stagnant_certain_since,
    presumed_dead_certain_since = EXCLUDED.presumed_dead_certain_since, alert_certain_since = EXCLUDED.alert_certain_since,
    names_on = EXCLUDED.names_on, document = EXCLUDED.document;

-- Which read model is active (state `living`). Each puts it on the search path for the rest of the transaction; no row: it
-- changed just now.

-- name: use_active
-- For readers: the one of their snapshot, behind the schemas in :first, as 'pg_temp, '.
SELECT
    active.schema_name,
    set_config('search_path', :first::text || active.schema_name, true)
FROM steppe.read_model AS active
WHERE active.state = 'living';

-- name: use_schema
-- One that need not be active.
SELECT set_config('search_path', :schema::text, true);

-- name: lock_active_for_write
-- For writers: it stays the active one until they commit.
WITH active AS (
    SELECT read_model.schema_name
    FROM steppe.read_model
    WHERE read_model.state = 'living'
    FOR SHARE
)
SELECT
    active.schema_name,
    set_config('search_path', active.schema_name, true)
FROM active;

-- name: lock_active_exclusively
-- For whoever changes all of it, or which one is active: other writers wait.
WITH active AS (
    SELECT read_model.schema_name
    FROM steppe.read_model
    WHERE read_model.state = 'living'
    FOR UPDATE
)
SELECT
    active.schema_name,
    set_config('search_path', active.schema_name, true)
FROM active;

-- name: read_models
-- Every read model there is.
SELECT
    read_model.schema_name,
    read_model.state,
    read_model.created_at,
    read_model.flipped_at,
    read_model.release,
    read_model.rule_change_id
FROM steppe.read_model
ORDER BY read_model.created_at, read_model.schema_name COLLATE "C";

-- name: rules_of
-- The change of the rules that all of it is judged by.
SELECT read_model.rule_change_id
FROM steppe.read_model
WHERE read_model.schema_name = :schema::text;

-- name: edition_of_active
-- The edition of the domain page by which the active one is judged.
SELECT read_model.edition
FROM steppe.read_model
WHERE read_model.state = 'living';

-- name: set_edition
UPDATE steppe.read_model
SET edition = :edition::smallint
WHERE schema_name = :schema::text;

-- name: judged_by
UPDATE steppe.read_model
SET rule_change_id = :change_id::bigint
WHERE schema_name = :schema::text;

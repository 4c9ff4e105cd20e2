-- Which read model lives. Each puts it on the search path for the rest of the transaction; no row: it changed just now.

-- name: use_active
-- For readers: what their snapshot says. $1 schemas that come first, as 'pg_temp, '
SELECT
    living.schema_name,
    set_config('search_path', $1::text || living.schema_name, true)
FROM steppe.read_model AS living
WHERE living.state = 'living';

-- name: use_schema
-- One that need not live. $1 schema
SELECT set_config('search_path', $1::text, true);

-- name: lock_active_for_write
-- For writers: it stays the living one until they commit.
WITH living AS (
    SELECT read_model.schema_name
    FROM steppe.read_model
    WHERE read_model.state = 'living'
    FOR SHARE
)
SELECT
    living.schema_name,
    set_config('search_path', living.schema_name, true)
FROM living;

-- name: lock_active_exclusively
-- For who changes all of it, or which one it is: writers wait.
WITH living AS (
    SELECT read_model.schema_name
    FROM steppe.read_model
    WHERE read_model.state = 'living'
    FOR UPDATE
)
SELECT
    living.schema_name,
    set_config('search_path', living.schema_name, true)
FROM living;

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
-- The change of the rules that all of it is judged by. $1 schema
SELECT read_model.rule_change_id
FROM steppe.read_model
WHERE read_model.schema_name = $1::text;

-- name: judged_by
-- $1 schema, $2 change of the rules
UPDATE steppe.read_model
SET rule_change_id = $2::bigint
WHERE schema_name = $1::text;

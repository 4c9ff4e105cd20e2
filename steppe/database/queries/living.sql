-- Which read model lives. Each puts it on the search path for the rest of the transaction; no row: it changed just now.

-- name: enter_living
-- For readers: what their snapshot says. $1 schemas that come first, as 'pg_temp, '
SELECT
    living.schema_name,
    set_config('search_path', $1::text || living.schema_name, true)
FROM steppe.read_model AS living
WHERE living.state = 'living';

-- name: hold_living
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

-- name: lock_living
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
    read_model.rule_version
FROM steppe.read_model
ORDER BY read_model.created_at, read_model.schema_name COLLATE "C";

-- name: note_rule_version
-- By which rules all of it is judged. $1 schema, $2 version
UPDATE steppe.read_model
SET rule_version = $2::text
WHERE schema_name = $1::text;

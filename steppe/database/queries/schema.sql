-- What the migrations made, from the catalogue; `steppe/database/schema.py` writes it as one file.

-- name: schema_columns
-- Every column of every table, tables as they were made.
SELECT
    class.oid::bigint AS table_id,
    class.oid::regclass::text AS table_name,
    attribute.attname AS name,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    attribute.attnotnull AS not_null,
    attribute.attidentity <> '' AS numbered,
    attribute.attgenerated <> '' AS generated,
    pg_get_expr(stored.adbin, stored.adrelid) AS value
FROM pg_class AS class
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
LEFT JOIN pg_attrdef AS stored ON stored.adrelid = class.oid AND stored.adnum = attribute.attnum
WHERE class.relnamespace = ANY (:schemas::regnamespace[])
    AND class.relkind = 'r'
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY class.oid, attribute.attnum;

-- name: schema_constraints
-- Keys, references and checks; that a column is not null stands with the column.
SELECT
    reference.conrelid::bigint AS table_id,
    reference.conname AS name,
    pg_get_constraintdef(reference.oid) AS definition
FROM pg_constraint AS reference
WHERE reference.connamespace = ANY (:schemas::regnamespace[])
    AND reference.conrelid <> 0
    AND reference.contype <> 'n'
ORDER BY reference.conrelid, position(reference.contype::text IN 'pufc'), reference.conname COLLATE "C";

-- name: schema_indexes
-- Those that no constraint made.
SELECT
    index.indrelid::bigint AS table_id,
    pg_get_indexdef(index.indexrelid) AS definition
FROM pg_index AS index
JOIN pg_class AS class ON class.oid = index.indexrelid
WHERE class.relnamespace = ANY (:schemas::regnamespace[])
    AND NOT EXISTS (SELECT 1 FROM pg_constraint AS reference WHERE reference.conindid = index.indexrelid)
ORDER BY index.indrelid, class.relname COLLATE "C";

-- name: schema_functions
SELECT function.oid::regprocedure::text AS name, pg_get_functiondef(function.oid) AS definition
FROM pg_proc AS function
WHERE function.pronamespace = ANY (:schemas::regnamespace[])
ORDER BY function.oid;

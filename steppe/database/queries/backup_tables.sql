-- The tables of the schema steppe that a backup keeps: what does not follow from the log.

-- name: kept_tables
-- With their columns in order, those that the database computes left out.
SELECT class.relname AS name, array_agg(attribute.attname::text ORDER BY attribute.attnum) AS columns
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE namespace.nspname = 'steppe'
  AND class.relkind = 'r'
  AND attribute.attnum > 0
  AND NOT attribute.attisdropped
  AND attribute.attgenerated = ''
  AND NOT class.relname = ANY (:bookkeeping::text[])
GROUP BY class.relname
ORDER BY class.relname;

-- name: references_between_tables
-- Which table of the schema refers to which.
SELECT referring.relname AS referring, referred.relname AS referred
FROM pg_constraint AS reference
JOIN pg_class AS referring ON referring.oid = reference.conrelid
JOIN pg_class AS referred ON referred.oid = reference.confrelid
JOIN pg_namespace AS namespace ON namespace.oid = referring.relnamespace
WHERE reference.contype = 'f'
  AND namespace.nspname = 'steppe'
  AND referring.oid <> referred.oid;

-- name: numbered_columns
-- Columns that the database numbers, and what it numbers them with.
SELECT class.relname AS table_name, attribute.attname AS column_name,
    pg_get_serial_sequence(format('steppe.%I', class.relname), attribute.attname) AS sequence_name
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE namespace.nspname = 'steppe'
  AND class.relkind = 'r'
  AND attribute.attnum > 0
  AND attribute.attidentity <> '';

-- name: migrations_applied
SELECT name
FROM steppe.migration
ORDER BY name;

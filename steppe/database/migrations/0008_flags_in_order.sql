-- Lists of flags are read in the order in which they are told, by bytes, and those that will rise by the days on which they hold. Without
-- these a page of fifty flags reads and sorts all that stand. In every read model but one that is being built, which gets the indexes of the living one.
DO $$
DECLARE
    its record;
BEGIN
    FOR its IN SELECT schema_name FROM steppe.read_model WHERE state <> 'building' LOOP
        EXECUTE format(
            'CREATE INDEX flag_span_in_order ON %I.flag_span'
            ' (project COLLATE "C", deal COLLATE "C", flag COLLATE "C", valid_from, valid_to)', its.schema_name);
        -- One flag in fifty. The condition is that of the query, word for word.
        EXECUTE format(
            'CREATE INDEX flag_span_coming ON %I.flag_span (valid_from, valid_to)'
            ' WHERE strpos(document, ''"next_on":"'') > 0', its.schema_name);
    END LOOP;
END
$$;

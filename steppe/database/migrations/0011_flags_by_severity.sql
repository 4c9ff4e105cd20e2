-- Lists of flags are read the gravest first, and of these the oldest: the first column is that of the query, word for word. In every
-- read model but one that is being built, which gets the indexes of the living one.
DO $$
DECLARE
    its record;
BEGIN
    FOR its IN SELECT schema_name FROM steppe.read_model WHERE state <> 'building' LOOP
        EXECUTE format(
            'CREATE INDEX flag_span_by_rank ON %I.flag_span'
            ' ((CASE severity'
            ' WHEN ''alert'' THEN ''1'' WHEN ''presumed-dead'' THEN ''2'' WHEN ''stagnant'' THEN ''3'' WHEN ''watch'' THEN ''4'' ELSE ''5'''
            ' END || (document::json ->> ''since'')) COLLATE "C",'
            ' project COLLATE "C", deal COLLATE "C", flag COLLATE "C", valid_from, valid_to)', its.schema_name);
    END LOOP;
END
$$;

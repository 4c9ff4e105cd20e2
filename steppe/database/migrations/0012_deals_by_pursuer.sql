-- Projects and deals are found by who pursues them. In every read model but one that is being built, which gets the indexes of the
-- living one.
DO $$
DECLARE
    its record;
BEGIN
    FOR its IN SELECT schema_name FROM steppe.read_model WHERE state <> 'building' LOOP
        EXECUTE format(
            'CREATE INDEX deal_span_by_pursuer ON %I.deal_span USING gin ((document::jsonb -> ''pursuers''))', its.schema_name);
    END LOOP;
END
$$;

-- Documents have a day once where it is both ends of an interval, under a key that says so, and of deals and flags nothing that columns say
-- (steppe/database/read_model/stored_documents.py). Read models are judged anew after this (`steppe migrate`), so the documents are made
-- there. A projector of an earlier release cannot write any more.
-- A read model that is not active is dropped: it has documents of the other form.

SELECT steppe.drop_read_model(schema_name) FROM steppe.read_model WHERE state <> 'living';

DO $$
DECLARE
    its_schema text;
    severity text;
BEGIN
    FOR its_schema IN SELECT schema_name FROM steppe.read_model LOOP
        -- Lists are read the gravest first, and of these the oldest. Flags of one project that began on one day are few: they are
        -- sorted when read, so deal and flag need not stand in each entry.
        FOREACH severity IN ARRAY ARRAY['alert', 'presumed_dead', 'stagnant', 'watch', 'notice'] LOOP
            EXECUTE format('DROP INDEX %I.%I', its_schema, 'flag_span_by_' || severity);
            EXECUTE format('CREATE INDEX %I ON %I.flag_span (%I, project) WHERE %I IS NOT NULL', 'flag_span_by_' || severity,
                its_schema, severity || '_since', severity || '_since');
        END LOOP;
    END LOOP;
END
$$;

-- They are judged again, whatever the edition.
UPDATE steppe.read_model SET edition = 0;

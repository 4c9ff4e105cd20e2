-- What the third edition of the domain page needs. Read models are judged anew after this (`steppe migrate`), so columns are
-- filled there. A projector of an earlier release cannot write any more: it would judge by the edition before.
-- A read model that is not active is dropped: one that was being built is not continued by another release, and a previous one
-- is judged by the edition before, so nobody may go back to it.

SELECT steppe.drop_read_model(schema_name) FROM steppe.read_model WHERE state <> 'living';

DO $$
DECLARE
    its_schema text;
BEGIN
    FOR its_schema IN SELECT schema_name FROM steppe.read_model LOOP
        -- The order of events of one day follows from their type, as the release that reads them knows it.
        EXECUTE format('ALTER TABLE %I.event DROP COLUMN precedence', its_schema);

        -- What stands in the place of a project that is superseded: the keys of others, why, and which event says so.
        EXECUTE format('ALTER TABLE %I.project ADD COLUMN superseded_by text[], ADD COLUMN superseded_reason text,'
            ' ADD COLUMN superseded_event text', its_schema);

        -- All countries, the first one included; everything by which a project is found, line by line.
        EXECUTE format('ALTER TABLE %I.project_span ADD COLUMN countries text[] NOT NULL DEFAULT ''{}'','
            ' ADD COLUMN search_text text NOT NULL DEFAULT ''''', its_schema);
        EXECUTE format('ALTER TABLE %I.project_span ALTER COLUMN countries DROP DEFAULT,'
            ' ALTER COLUMN search_text DROP DEFAULT', its_schema);
        EXECUTE format('DROP INDEX IF EXISTS %I.project_span_by_country', its_schema);
        EXECUTE format('CREATE INDEX project_span_by_countries ON %I.project_span USING gin (countries)', its_schema);

        -- A party may have several parents; `document` has them with their shares, and its aliases and ids. A party that nobody
        -- registered has one row, of what the first event that names it says (`registered` is false).
        EXECUTE format('ALTER TABLE %I.party_span ADD COLUMN parents text[] NOT NULL DEFAULT ''{}'','
            ' ADD COLUMN search_text text NOT NULL DEFAULT '''', ADD COLUMN document text NOT NULL DEFAULT ''{}'','
            ' ADD COLUMN registered boolean NOT NULL DEFAULT true', its_schema);
        EXECUTE format('ALTER TABLE %I.party_span ALTER COLUMN parents DROP DEFAULT,'
            ' ALTER COLUMN search_text DROP DEFAULT, ALTER COLUMN document DROP DEFAULT,'
            ' ALTER COLUMN registered DROP DEFAULT', its_schema);
        EXECUTE format('ALTER TABLE %I.party_span DROP COLUMN parent', its_schema);
        EXECUTE format('CREATE INDEX party_span_by_parents ON %I.party_span USING gin (parents)', its_schema);

        -- Which event of each project first gives a party a name, and which a country (`field`).
        EXECUTE format('CREATE TABLE %I.party_naming (
            project text NOT NULL,
            party text NOT NULL,
            field text NOT NULL,
            known_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            source text NOT NULL,
            id text NOT NULL,
            value text NOT NULL,
            CONSTRAINT party_naming_pk PRIMARY KEY (project, party, field)
        )', its_schema);
        EXECUTE format('CREATE INDEX party_naming_by_party ON %I.party_naming (party)', its_schema);
    END LOOP;
END
$$;

-- The edition of the domain page by which a read model is judged; one that was made before this column is of the second.
ALTER TABLE steppe.read_model ADD COLUMN edition smallint NOT NULL DEFAULT 2;

-- Which read model lives, and which change of the rules all of it is judged by. A rebuild fills another schema beside it, and one transaction flips (docs/decisions/0011).
-- Not disposable: none of this follows from the log.

CREATE TABLE steppe.read_model (
    schema_name text NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    flipped_at timestamptz,
    release text,
    rule_change_id bigint,
    CONSTRAINT read_model_pk PRIMARY KEY (schema_name),
    CONSTRAINT read_model_name CHECK (schema_name ~ '^rm_v[0-9]+$'),
    CONSTRAINT read_model_state CHECK (state IN ('building', 'living', 'previous'))
);
CREATE UNIQUE INDEX read_model_one_living ON steppe.read_model (state) WHERE state = 'living';
CREATE UNIQUE INDEX read_model_one_building ON steppe.read_model (state) WHERE state = 'building';

INSERT INTO steppe.read_model (schema_name, state, flipped_at) VALUES ('rm_v1', 'living', now());

-- How far a rebuild is; the row stays until its schema is dropped. `done` and `total` count what the phase counts.
CREATE TABLE steppe.rebuild (
    schema_name text NOT NULL,
    phase text NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    eta_seconds integer,
    began_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rebuild_pk PRIMARY KEY (schema_name),
    CONSTRAINT rebuild_read_model_fk FOREIGN KEY (schema_name) REFERENCES steppe.read_model (schema_name) ON DELETE CASCADE
);

-- Pieces of a phase, each done in one transaction that also says so here: a rebuild that was killed goes on behind them.
CREATE TABLE steppe.rebuild_part (
    schema_name text NOT NULL,
    phase text NOT NULL,
    part integer NOT NULL,
    first_subject text NOT NULL,
    last_subject text NOT NULL,
    weight bigint NOT NULL,
    done_at timestamptz,
    CONSTRAINT rebuild_part_pk PRIMARY KEY (schema_name, phase, part),
    CONSTRAINT rebuild_part_read_model_fk FOREIGN KEY (schema_name)
        REFERENCES steppe.read_model (schema_name) ON DELETE CASCADE
);

-- The functions below do what only the owner of the tables can, for the projector's role, and nothing else.

CREATE FUNCTION steppe.grant_read_model(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM steppe.read_model WHERE schema_name = wanted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'There is no read model %.', wanted USING ERRCODE = 'undefined_schema';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO steppe_projector, steppe_api', wanted);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I TO steppe_projector', wanted);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO steppe_projector', wanted);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO steppe_api', wanted);
END
$$;

-- Missing keys (`keys`) and missing indexes (`indexes`) of one table, as the living read model has them.
CREATE FUNCTION steppe.index_read_model(wanted text, its_table text, keys boolean, indexes boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    living text;
    missing record;
BEGIN
    SELECT schema_name INTO STRICT living FROM steppe.read_model WHERE state = 'living';
    PERFORM 1 FROM steppe.read_model WHERE schema_name = wanted AND state = 'building';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% is not being built.', wanted USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOR missing IN
        SELECT idx.relname AS name, pg_get_indexdef(idx.oid) AS definition, con.conname AS constraint_name,
            pg_get_constraintdef(con.oid) AS constraint_definition
        FROM pg_index AS i
        JOIN pg_class AS idx ON idx.oid = i.indexrelid
        JOIN pg_class AS tab ON tab.oid = i.indrelid
        LEFT JOIN pg_constraint AS con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u')
        WHERE tab.relnamespace = living::regnamespace
            AND tab.relname = its_table
            AND NOT EXISTS (
                SELECT 1 FROM pg_class AS own WHERE own.relname = idx.relname AND own.relnamespace = wanted::regnamespace
            )
        ORDER BY idx.relname
    LOOP
        IF missing.constraint_name IS NOT NULL AND keys THEN
            EXECUTE format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', wanted, its_table, missing.constraint_name,
                missing.constraint_definition);
        ELSIF missing.constraint_name IS NULL AND indexes THEN
            EXECUTE replace(missing.definition, format(' ON %I.', living), format(' ON %I.', wanted));
        END IF;
    END LOOP;
END
$$;

-- Tables like those of the living read model, empty, with the keys of all but `bulk`, and every checkpoint at 0.
CREATE FUNCTION steppe.create_read_model(its_release text, its_rules bigint, bulk text[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    living text;
    made text;
    its_table text;
BEGIN
    SELECT schema_name INTO STRICT living FROM steppe.read_model WHERE state = 'living';
    SELECT 'rm_v' || max(substring(schema_name FROM 5)::integer) + 1 INTO made FROM steppe.read_model;
    INSERT INTO steppe.read_model (schema_name, state, release, rule_change_id) VALUES (made, 'building', its_release, its_rules);
    EXECUTE format('CREATE SCHEMA %I', made);
    FOR its_table IN SELECT tablename FROM pg_tables WHERE schemaname = living ORDER BY tablename LOOP
        EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL EXCLUDING INDEXES)', made, its_table, living, its_table);
        IF its_table <> ALL (bulk) THEN
            PERFORM steppe.index_read_model(made, its_table, true, false);
        END IF;
    END LOOP;
    EXECUTE format('INSERT INTO %I.checkpoint (topic, partition) SELECT topic, partition FROM %I.checkpoint', made, living);
    PERFORM steppe.grant_read_model(made);
    RETURN made;
END
$$;

-- The one that lives becomes the previous one. Sessions that name no read model find the new one from now on, too.
CREATE FUNCTION steppe.flip_read_model(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM steppe.read_model WHERE schema_name = wanted AND state <> 'living' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% cannot become the living read model.', wanted USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE steppe.read_model SET state = 'previous', flipped_at = now() WHERE state = 'living';
    UPDATE steppe.read_model SET state = 'living', flipped_at = now() WHERE schema_name = wanted;
    EXECUTE format('ALTER DATABASE %I SET search_path = %I', current_database(), wanted);
END
$$;

CREATE FUNCTION steppe.drop_read_model(unwanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM steppe.read_model WHERE schema_name = unwanted AND state <> 'living';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% lives, or is no read model.', unwanted USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    EXECUTE format('DROP SCHEMA %I CASCADE', unwanted);
END
$$;

REVOKE ALL ON FUNCTION steppe.grant_read_model, steppe.index_read_model, steppe.create_read_model, steppe.flip_read_model,
    steppe.drop_read_model FROM PUBLIC;

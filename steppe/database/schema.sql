-- The schema that the migrations make. Made by `python -m steppe.database.schema ADDRESS`, not by hand; the comments are
-- those of the migrations. Rights are in roles.sql. A rebuild fills another schema like rm_v1 beside it.

CREATE TABLE steppe.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT migration_pk PRIMARY KEY (name)
);

-- The position up to which this read model reflects the log, one row a partition, written in the transaction of the rows.
CREATE TABLE rm_v1.checkpoint (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    last_record_sha256 bytea,
    last_record_at timestamp with time zone,
    applied_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT checkpoint_pk PRIMARY KEY (topic, partition),
    CONSTRAINT checkpoint_offset_not_negative CHECK ((next_offset >= 0))
);

-- Every event of the log once, byte-exact. `state`: folded, unknown (type or version), registry.
-- `headers`: only when the attributes came as Kafka headers (binary mode), a JSON list of [name, base64 or null].
CREATE TABLE rm_v1.event (
    subject text NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    name text,
    state text NOT NULL,
    deal text,
    known_at timestamp with time zone,
    recorded_at timestamp with time zone,
    occurred_earliest date,
    occurred_latest date,
    content_sha256 bytea NOT NULL,
    raw text NOT NULL,
    headers text,
    CONSTRAINT event_pk PRIMARY KEY (subject, source, id)
);
CREATE INDEX event_by_id ON rm_v1.event USING btree (id);
CREATE INDEX event_unknown ON rm_v1.event USING btree (partition) WHERE (state = 'unknown'::text);

-- The same (source, id) again with another content: the first in log order stands, this one is shown.
CREATE TABLE rm_v1.conflict (
    subject text NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    raw text NOT NULL,
    CONSTRAINT conflict_pk PRIMARY KEY (partition, log_offset)
);

-- One row a project: what does not depend on the day that is asked.
CREATE TABLE rm_v1.project (
    project text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    event_count integer NOT NULL,
    forums text[] NOT NULL,
    investors text[] NOT NULL,
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    superseded_by text[],
    superseded_reason text,
    superseded_event text,
    CONSTRAINT project_pk PRIMARY KEY (project)
);
CREATE INDEX project_by_forum ON rm_v1.project USING gin (forums);
CREATE INDEX project_by_investor ON rm_v1.project USING gin (investors);

CREATE TABLE rm_v1.project_span (
    project text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    name text,
    country text,
    sector text,
    kind text,
    commodities text[] NOT NULL,
    level smallint NOT NULL,
    highest_level smallint NOT NULL,
    investors text[] NOT NULL,
    document text NOT NULL,
    countries text[] NOT NULL,
    search_text text NOT NULL,
    CONSTRAINT project_span_pk PRIMARY KEY (project, valid_from),
    CONSTRAINT project_span_forward CHECK ((valid_from < valid_to))
);
CREATE INDEX project_span_by_commodity ON rm_v1.project_span USING gin (commodities);
CREATE INDEX project_span_by_countries ON rm_v1.project_span USING gin (countries);
CREATE INDEX project_span_by_investor ON rm_v1.project_span USING gin (investors);
CREATE INDEX project_span_by_level ON rm_v1.project_span USING btree (level, valid_from, valid_to);
CREATE INDEX project_span_by_sector ON rm_v1.project_span USING btree (sector, valid_from, valid_to);

CREATE TABLE rm_v1.deal_span (
    project text NOT NULL,
    deal text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    phase integer NOT NULL,
    level smallint,
    highest_level smallint NOT NULL,
    investors text[] NOT NULL,
    document text NOT NULL,
    CONSTRAINT deal_span_pk PRIMARY KEY (project, deal, valid_from),
    CONSTRAINT deal_span_forward CHECK ((valid_from < valid_to))
);
CREATE INDEX deal_span_by_investor ON rm_v1.deal_span USING gin (investors);
CREATE INDEX deal_span_by_level ON rm_v1.deal_span USING btree (level, valid_from, valid_to);
CREATE INDEX deal_span_by_pursuer ON rm_v1.deal_span USING gin ((((document)::jsonb -> 'pursuers'::text)));

-- The registry: subjects party:<key> and forum:<slug>, folded by (from) day. Joined at reading, never in the fold.
CREATE TABLE rm_v1.party_span (
    party text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    name text,
    home_country text,
    kind text,
    lei text,
    parents text[] NOT NULL,
    search_text text NOT NULL,
    document text NOT NULL,
    registered boolean NOT NULL,
    CONSTRAINT party_span_pk PRIMARY KEY (party, valid_from),
    CONSTRAINT party_span_forward CHECK ((valid_from < valid_to))
);
CREATE INDEX party_span_by_country ON rm_v1.party_span USING btree (home_country, valid_from, valid_to);
CREATE INDEX party_span_by_parents ON rm_v1.party_span USING gin (parents);

CREATE TABLE rm_v1.forum (
    forum text NOT NULL,
    name text NOT NULL,
    place text,
    countries text[] NOT NULL,
    held_earliest date,
    held_latest date,
    CONSTRAINT forum_pk PRIMARY KEY (forum)
);

-- A project as its rivals see it, with every market in which it ever is ('KZ/tungsten') and every party of its deals.
CREATE TABLE rm_v1.standing (
    project text NOT NULL,
    markets text[] NOT NULL,
    parties text[] NOT NULL,
    document text NOT NULL,
    fault text,
    contenders text NOT NULL,
    CONSTRAINT standing_pk PRIMARY KEY (project)
);
CREATE INDEX standing_by_market ON rm_v1.standing USING gin (markets);
CREATE INDEX standing_by_party ON rm_v1.standing USING gin (parties);

-- Where a deal's own group has a part in what would displace it.
CREATE TABLE rm_v1.co_investment_span (
    project text NOT NULL,
    deal text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    events text[] NOT NULL,
    CONSTRAINT co_investment_span_pk PRIMARY KEY (project, deal, valid_from),
    CONSTRAINT co_investment_span_forward CHECK ((valid_from < valid_to))
);

-- `document` is what steppe/domain/rule_document.py spells.
CREATE TABLE steppe.rule_version (
    version text NOT NULL,
    document text NOT NULL,
    note text,
    added_by text NOT NULL,
    added_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT rule_version_pk PRIMARY KEY (version)
);

-- The last change names the version in force.
CREATE TABLE steppe.rule_change (
    change_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    version text NOT NULL,
    in_force_from timestamp with time zone NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    reason text,
    projects integer NOT NULL DEFAULT 0,
    CONSTRAINT rule_change_pk PRIMARY KEY (change_id),
    CONSTRAINT rule_change_version_fk FOREIGN KEY (version) REFERENCES steppe.rule_version(version)
);

-- What became of flags, in the order in which it was found out. `deal` is '' for a flag of the project.
CREATE TABLE steppe.flag_transition (
    transition_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    project text NOT NULL,
    deal text NOT NULL,
    flag text NOT NULL,
    transition text NOT NULL,
    severity_before text,
    severity text,
    on_day date NOT NULL,
    cause text NOT NULL,
    rule_version text NOT NULL,
    change_id bigint,
    found_at timestamp with time zone NOT NULL DEFAULT now(),
    event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    country text,
    events text[] NOT NULL DEFAULT '{}'::text[],
    document text,
    backfill boolean NOT NULL DEFAULT false,
    CONSTRAINT flag_transition_pk PRIMARY KEY (transition_id),
    CONSTRAINT flag_transition_event_id_unique UNIQUE (event_id),
    CONSTRAINT flag_transition_change_fk FOREIGN KEY (change_id) REFERENCES steppe.rule_change(change_id)
);
CREATE INDEX flag_transition_by_project ON steppe.flag_transition USING btree (project, transition_id);
CREATE INDEX flag_transition_news ON steppe.flag_transition USING btree (transition_id) WHERE (NOT backfill);

CREATE TABLE steppe.read_model (
    schema_name text NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    flipped_at timestamp with time zone,
    release text,
    rule_change_id bigint,
    edition smallint NOT NULL DEFAULT 2,
    CONSTRAINT read_model_pk PRIMARY KEY (schema_name),
    CONSTRAINT read_model_name CHECK ((schema_name ~ '^rm_v[0-9]+$'::text)),
    CONSTRAINT read_model_state CHECK ((state = ANY (ARRAY['building'::text, 'living'::text, 'previous'::text])))
);
CREATE UNIQUE INDEX read_model_one_building ON steppe.read_model USING btree (state) WHERE (state = 'building'::text);
CREATE UNIQUE INDEX read_model_one_living ON steppe.read_model USING btree (state) WHERE (state = 'living'::text);

-- How far a rebuild is; the row stays until its schema is dropped. `done` and `total` count what the phase counts.
CREATE TABLE steppe.rebuild (
    schema_name text NOT NULL,
    phase text NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    eta_seconds integer,
    began_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT rebuild_pk PRIMARY KEY (schema_name),
    CONSTRAINT rebuild_read_model_fk FOREIGN KEY (schema_name) REFERENCES steppe.read_model(schema_name) ON DELETE CASCADE
);

-- Pieces of a phase, each done in one transaction that also says so here: a rebuild that was killed goes on behind them.
CREATE TABLE steppe.rebuild_part (
    schema_name text NOT NULL,
    phase text NOT NULL,
    part integer NOT NULL,
    first_subject text NOT NULL,
    last_subject text NOT NULL,
    weight bigint NOT NULL,
    done_at timestamp with time zone,
    CONSTRAINT rebuild_part_pk PRIMARY KEY (schema_name, phase, part),
    CONSTRAINT rebuild_part_read_model_fk FOREIGN KEY (schema_name) REFERENCES steppe.read_model(schema_name) ON DELETE CASCADE
);

-- Every record that was diverted, byte-exact. `stage`: decode (no event), fold (its project could not be folded with it),
-- conflict (its name was taken by another content), held (it waits behind a decode or fold of its subject).
-- `state`: open, or skipped (an operator gave it up). `headers`: a JSON list of [name, base64 or null]; null only while a
-- rebuild has still to read the record.
-- `subject` of a decode: who is held by it; null when that cannot be told.
CREATE TABLE rm_v1.quarantine (
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    stage text NOT NULL,
    state text NOT NULL,
    subject text,
    key bytea,
    value bytea,
    headers text,
    record_at timestamp with time zone,
    reason text NOT NULL,
    stored_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT quarantine_pk PRIMARY KEY (partition, log_offset),
    CONSTRAINT quarantine_stage CHECK ((stage = ANY (ARRAY['decode'::text, 'fold'::text, 'conflict'::text, 'held'::text]))),
    CONSTRAINT quarantine_state CHECK ((state = ANY (ARRAY['open'::text, 'skipped'::text])))
);
CREATE INDEX quarantine_by_subject ON rm_v1.quarantine USING btree (subject);

-- How many corrections of a subject wait for their target.
CREATE TABLE rm_v1.parked (
    subject text NOT NULL,
    partition integer NOT NULL,
    corrections integer NOT NULL,
    CONSTRAINT parked_pk PRIMARY KEY (subject)
);

-- What operators, and releases at their start, did to what was diverted. Not disposable: a rebuild obeys the skips.
-- `stage` and `found` are those of the record when it was acted on; `record_sha256` is its fingerprint, because its place
-- may be another record's in another log; null when not one record was acted on. Only ever added to.
CREATE TABLE steppe.quarantine_action (
    action_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    action text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    record_sha256 bytea,
    subject text,
    stage text NOT NULL,
    found text NOT NULL,
    outcome text NOT NULL,
    acted_by text NOT NULL,
    reason text,
    release text NOT NULL,
    acted_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT quarantine_action_pk PRIMARY KEY (action_id),
    CONSTRAINT quarantine_action_known CHECK ((action = ANY (ARRAY['retry'::text, 'skip'::text, 'upgrade'::text])))
);
CREATE INDEX quarantine_action_by_place ON steppe.quarantine_action USING btree (topic, partition, log_offset);

-- What ever was on its way to the topic steppe.quarantine.v1: each record goes there once, also after a rebuild.
CREATE TABLE steppe.quarantine_publication (
    topic text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    record_sha256 bytea NOT NULL,
    stage text NOT NULL,
    release text NOT NULL,
    found_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT quarantine_publication_pk PRIMARY KEY (topic, partition, log_offset, record_sha256)
);

-- What was last told of each flag. `severity` null: that it is gone.
CREATE TABLE steppe.announced_flag (
    project text NOT NULL,
    deal text NOT NULL,
    flag text NOT NULL,
    severity text,
    document text,
    told_on date NOT NULL,
    clock text,
    CONSTRAINT announced_flag_pk PRIMARY KEY (project, deal, flag)
);

-- What was last told of each project.
CREATE TABLE steppe.announced_project (
    project text NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT announced_project_pk PRIMARY KEY (project)
);

-- Up to where that goes, in one row: the day, the read model, the rules that judged it, the last thing that was done to
-- what was diverted, and the log; the next offset of partition 0 is the first of `next_offsets`, and so on.
CREATE TABLE steppe.announced_until (
    only_row boolean NOT NULL DEFAULT true,
    day date NOT NULL,
    next_offsets bigint[] NOT NULL,
    schema_name text NOT NULL,
    rule_version text NOT NULL,
    last_action bigint NOT NULL DEFAULT 0,
    announced_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT announced_until_pk PRIMARY KEY (only_row),
    CONSTRAINT announced_until_one_row CHECK (only_row)
);

-- Records on their way to Kafka, in order of id; a row goes when the broker has acknowledged it.
-- `topic` is the public name; `headers` are a JSON list of [name, base64 or null].
CREATE TABLE steppe.outbox (
    outbox_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    key bytea,
    value bytea,
    headers text NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT outbox_pk PRIMARY KEY (outbox_id)
);

-- Only ever added to; the last row of a topic is what counts. The first one was seen, later ones were adopted by somebody.
CREATE TABLE steppe.log_identity (
    identity_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    cluster text NOT NULL,
    partitions integer NOT NULL,
    first_seen timestamp with time zone NOT NULL DEFAULT now(),
    adopted_by text,
    reason text,
    CONSTRAINT log_identity_pk PRIMARY KEY (identity_id),
    CONSTRAINT log_identity_has_partitions CHECK ((partitions > 0))
);
CREATE INDEX log_identity_by_topic ON steppe.log_identity USING btree (topic, identity_id);

-- One row for each partition that cannot go on until somebody acts. Gone when it goes on.
CREATE TABLE steppe.halt (
    topic text NOT NULL,
    partition integer NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    since timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT halt_pk PRIMARY KEY (topic, partition)
);

CREATE TABLE rm_v1.party_naming (
    project text NOT NULL,
    party text NOT NULL,
    field text NOT NULL,
    known_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    value text NOT NULL,
    CONSTRAINT party_naming_pk PRIMARY KEY (project, party, field)
);
CREATE INDEX party_naming_by_party ON rm_v1.party_naming USING btree (party);

-- `deal` is '' for a flag of the project, so that it can stand in the key.
CREATE TABLE rm_v1.flag_span (
    project text NOT NULL,
    deal text NOT NULL,
    flag text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    notice_since date,
    watch_since date,
    stagnant_since date,
    presumed_dead_since date,
    alert_since date,
    notice_certain_since date,
    watch_certain_since date,
    stagnant_certain_since date,
    presumed_dead_certain_since date,
    alert_certain_since date,
    names_on date[],
    document text NOT NULL,
    CONSTRAINT flag_span_pk PRIMARY KEY (project, deal, flag, valid_from),
    CONSTRAINT flag_span_forward CHECK ((valid_from < valid_to))
);
CREATE INDEX flag_span_by_alert ON rm_v1.flag_span USING btree (alert_since, project) WHERE (alert_since IS NOT NULL);
CREATE INDEX flag_span_by_days ON rm_v1.flag_span USING btree (valid_to, valid_from);
CREATE INDEX flag_span_by_notice ON rm_v1.flag_span USING btree (notice_since, project) WHERE (notice_since IS NOT NULL);
CREATE INDEX flag_span_by_presumed_dead ON rm_v1.flag_span USING btree (presumed_dead_since, project) WHERE (presumed_dead_since IS NOT NULL);
CREATE INDEX flag_span_by_stagnant ON rm_v1.flag_span USING btree (stagnant_since, project) WHERE (stagnant_since IS NOT NULL);
CREATE INDEX flag_span_by_watch ON rm_v1.flag_span USING btree (watch_since, project) WHERE (watch_since IS NOT NULL);

CREATE TABLE rm_v1.headline_span (
    project text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    watch_since date,
    stagnant_since date,
    presumed_dead_since date,
    watch_certain_since date,
    stagnant_certain_since date,
    presumed_dead_certain_since date,
    CONSTRAINT headline_span_pk PRIMARY KEY (project, valid_from),
    CONSTRAINT headline_span_forward CHECK ((valid_from < valid_to))
);

CREATE TABLE rm_v1.last_event_span (
    project text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    earliest date,
    latest date NOT NULL,
    given text,
    CONSTRAINT last_event_span_pk PRIMARY KEY (project, valid_from),
    CONSTRAINT last_event_span_forward CHECK ((valid_from < valid_to))
);

CREATE TABLE rm_v1.crossing (
    project text NOT NULL,
    deal text NOT NULL,
    scope text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    won_on date NOT NULL,
    since date NOT NULL,
    event text NOT NULL,
    winners text[] NOT NULL,
    parts text[] NOT NULL,
    countries text[] NOT NULL,
    commodities text[] NOT NULL,
    markets text[] NOT NULL,
    CONSTRAINT crossing_pk PRIMARY KEY (project, deal, scope, valid_from),
    CONSTRAINT crossing_forward CHECK ((valid_from < valid_to))
);
CREATE INDEX crossing_by_market ON rm_v1.crossing USING gin (markets);

CREATE TABLE rm_v1.market (
    market text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT market_pk PRIMARY KEY (market)
);

-- What of `market` was announced.
CREATE TABLE steppe.announced_market (
    market text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT announced_market_pk PRIMARY KEY (market)
);

CREATE TABLE rm_v1.pending_fold (
    project text NOT NULL,
    partition integer NOT NULL,
    first_offset bigint NOT NULL,
    log_offset bigint NOT NULL,
    records integer NOT NULL,
    refolds integer NOT NULL DEFAULT 0,
    noted_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pending_fold_pk PRIMARY KEY (project, log_offset)
);

CREATE TABLE rm_v1.late_folds (
    only_row boolean NOT NULL DEFAULT true,
    folds bigint NOT NULL,
    CONSTRAINT late_folds_pk PRIMARY KEY (only_row),
    CONSTRAINT late_folds_one_row CHECK (only_row)
);

CREATE OR REPLACE FUNCTION steppe.grant_read_model(wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION steppe.index_read_model(wanted text, its_table text, keys boolean, indexes boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION steppe.create_read_model(its_release text, its_rules bigint, bulk text[])
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION steppe.flip_read_model(wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM 1 FROM steppe.read_model WHERE schema_name = wanted AND state <> 'living' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% cannot become the living read model.', wanted USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE steppe.read_model SET state = 'previous', flipped_at = now() WHERE state = 'living';
    UPDATE steppe.read_model SET state = 'living', flipped_at = now() WHERE schema_name = wanted;
    EXECUTE format('ALTER DATABASE %I SET search_path = %I', current_database(), wanted);
END
$function$;

CREATE OR REPLACE FUNCTION steppe.drop_read_model(unwanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM steppe.read_model WHERE schema_name = unwanted AND state <> 'living';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% lives, or is no read model.', unwanted USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    EXECUTE format('DROP SCHEMA %I CASCADE', unwanted);
END
$function$;

CREATE OR REPLACE FUNCTION steppe.severity_on(day date, notice_since date, watch_since date, stagnant_since date, presumed_dead_since date, alert_since date)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE
        WHEN alert_since <= day THEN 'alert'
        WHEN presumed_dead_since <= day THEN 'presumed-dead'
        WHEN stagnant_since <= day THEN 'stagnant'
        WHEN watch_since <= day THEN 'watch'
        WHEN notice_since <= day THEN 'notice'
    END
$function$;

CREATE OR REPLACE FUNCTION steppe.since_on(day date, notice_since date, watch_since date, stagnant_since date, presumed_dead_since date, alert_since date)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE
        WHEN alert_since <= day THEN alert_since
        WHEN presumed_dead_since <= day THEN presumed_dead_since
        WHEN stagnant_since <= day THEN stagnant_since
        WHEN watch_since <= day THEN watch_since
        WHEN notice_since <= day THEN notice_since
    END
$function$;

CREATE OR REPLACE FUNCTION steppe.certainty_on(day date, notice_since date, watch_since date, stagnant_since date, presumed_dead_since date, alert_since date, notice_certain_since date, watch_certain_since date, stagnant_certain_since date, presumed_dead_certain_since date, alert_certain_since date)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE
        WHEN CASE
            WHEN alert_since <= day THEN alert_certain_since
            WHEN presumed_dead_since <= day THEN presumed_dead_certain_since
            WHEN stagnant_since <= day THEN stagnant_certain_since
            WHEN watch_since <= day THEN watch_certain_since
            WHEN notice_since <= day THEN notice_certain_since
        END <= day THEN 'certain'
        ELSE 'possible'
    END
$function$;

CREATE OR REPLACE FUNCTION steppe.rises_after(day date, watch_since date, stagnant_since date, presumed_dead_since date)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT LEAST(
        CASE WHEN watch_since > day THEN watch_since END,
        CASE WHEN stagnant_since > day THEN stagnant_since END,
        CASE WHEN presumed_dead_since > day THEN presumed_dead_since END
    )
$function$;

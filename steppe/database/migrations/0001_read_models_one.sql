-- The first read model, schema rm_v1: everything here is disposable and follows from the log.
-- Documents are msgspec JSON of the values in steppe/domain/history.py; columns beside them serve filters and order.

CREATE SCHEMA rm_v1;

-- The position up to which this read model reflects the log, one row a partition, written in the transaction of the rows.
CREATE TABLE rm_v1.checkpoint (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    last_record_sha256 bytea,
    last_record_at timestamptz,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT checkpoint_pk PRIMARY KEY (topic, partition),
    CONSTRAINT checkpoint_offset_not_negative CHECK (next_offset >= 0)
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
    known_at timestamptz,
    recorded_at timestamptz,
    occurred_earliest date,
    occurred_latest date,
    precedence smallint,
    content_sha256 bytea NOT NULL,
    raw text NOT NULL,
    headers text,
    CONSTRAINT event_pk PRIMARY KEY (subject, source, id)
);
CREATE INDEX event_by_id ON rm_v1.event (id);

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

-- What could not be decoded, byte-exact.
CREATE TABLE rm_v1.undecoded (
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    key bytea,
    value bytea,
    headers text NOT NULL,
    reason text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT undecoded_pk PRIMARY KEY (partition, log_offset)
);

-- One row a project: what does not depend on the day that is asked.
CREATE TABLE rm_v1.project (
    project text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    event_count integer NOT NULL,
    forums text[] NOT NULL,
    investors text[] NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
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
    headline_severity text,
    investors text[] NOT NULL,
    document text NOT NULL,
    CONSTRAINT project_span_pk PRIMARY KEY (project, valid_from),
    CONSTRAINT project_span_forward CHECK (valid_from < valid_to)
);
CREATE INDEX project_span_by_country ON rm_v1.project_span (country, valid_from, valid_to);
CREATE INDEX project_span_by_sector ON rm_v1.project_span (sector, valid_from, valid_to);
CREATE INDEX project_span_by_level ON rm_v1.project_span (level, valid_from, valid_to);
CREATE INDEX project_span_by_commodity ON rm_v1.project_span USING gin (commodities);
CREATE INDEX project_span_by_investor ON rm_v1.project_span USING gin (investors);

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
    CONSTRAINT deal_span_forward CHECK (valid_from < valid_to)
);
CREATE INDEX deal_span_by_level ON rm_v1.deal_span (level, valid_from, valid_to);
CREATE INDEX deal_span_by_investor ON rm_v1.deal_span USING gin (investors);

-- `deal` is '' for a flag of the project, so that it can stand in the key.
CREATE TABLE rm_v1.flag_span (
    project text NOT NULL,
    deal text NOT NULL,
    flag text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    severity text NOT NULL,
    certainty text NOT NULL,
    document text NOT NULL,
    CONSTRAINT flag_span_pk PRIMARY KEY (project, deal, flag, valid_from),
    CONSTRAINT flag_span_forward CHECK (valid_from < valid_to)
);
CREATE INDEX flag_span_by_flag ON rm_v1.flag_span (flag, severity, valid_from, valid_to);
CREATE INDEX flag_span_by_severity ON rm_v1.flag_span (severity, valid_from, valid_to);

-- The registry: subjects party:<key> and forum:<slug>, folded by (from) day. Joined at reading, never in the fold.
CREATE TABLE rm_v1.party_span (
    party text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    name text,
    home_country text,
    kind text,
    parent text,
    lei text,
    CONSTRAINT party_span_pk PRIMARY KEY (party, valid_from),
    CONSTRAINT party_span_forward CHECK (valid_from < valid_to)
);
CREATE INDEX party_span_by_country ON rm_v1.party_span (home_country, valid_from, valid_to);

CREATE TABLE rm_v1.forum (
    forum text NOT NULL,
    name text NOT NULL,
    place text,
    countries text[] NOT NULL,
    held_earliest date,
    held_latest date,
    CONSTRAINT forum_pk PRIMARY KEY (forum)
);

-- Which log the read models are made from, and why the projection stands still where it does. Not disposable: neither
-- follows from the log.

-- Only ever added to; the last row of a topic is what counts. The first one was seen, later ones were adopted by somebody.
CREATE TABLE steppe.log_identity (
    identity_id bigint GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    cluster text NOT NULL,
    partitions integer NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    adopted_by text,
    reason text,
    CONSTRAINT log_identity_pk PRIMARY KEY (identity_id),
    CONSTRAINT log_identity_has_partitions CHECK (partitions > 0)
);
CREATE INDEX log_identity_by_topic ON steppe.log_identity (topic, identity_id);

-- One row for each partition that cannot go on until somebody acts. Gone when it goes on.
CREATE TABLE steppe.halt (
    topic text NOT NULL,
    partition integer NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT halt_pk PRIMARY KEY (topic, partition)
);

-- The hash of the last record is over key, value and headers from now on. A hash of before says nothing any more.
UPDATE rm_v1.checkpoint SET last_record_sha256 = NULL;

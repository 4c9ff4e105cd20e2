-- What was told to the outside, so that each change of a flag is told once. Not disposable: what was told does not follow
-- from the log. `deal` is '' for a flag of the project. Documents are those of flag_span.

-- The feed. `document` is the flag as it stands since, or as it stood when it is gone; `events` brought the change about.
ALTER TABLE steppe.flag_transition
    ADD COLUMN event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN country text,
    ADD COLUMN events text[] NOT NULL DEFAULT '{}',
    ADD COLUMN document text,
    ADD CONSTRAINT flag_transition_event_id_unique UNIQUE (event_id);
CREATE INDEX flag_transition_by_project ON steppe.flag_transition (project, transition_id);

-- What was last told of each flag. `severity` null: that it is gone.
CREATE TABLE steppe.announced_flag (
    project text NOT NULL,
    deal text NOT NULL,
    flag text NOT NULL,
    severity text,
    document text,
    told_on date NOT NULL,
    CONSTRAINT announced_flag_pk PRIMARY KEY (project, deal, flag)
);

-- What was last told of each project.
CREATE TABLE steppe.announced_project (
    project text NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT announced_project_pk PRIMARY KEY (project)
);

-- Up to where that goes, in one row: the day, the read model, the rules that judged it, and the log; the next offset of
-- partition 0 is the first of `next_offsets`, and so on.
CREATE TABLE steppe.announced_until (
    only_row boolean NOT NULL DEFAULT true,
    day date NOT NULL,
    next_offsets bigint[] NOT NULL,
    schema_name text NOT NULL,
    rule_version text NOT NULL,
    announced_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT announced_until_pk PRIMARY KEY (only_row),
    CONSTRAINT announced_until_one_row CHECK (only_row)
);

-- Records on their way to Kafka, in order of id; a row goes when the broker has acknowledged it.
-- `topic` is the public name; `headers` are a JSON list of [name, base64 or null].
CREATE TABLE steppe.outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    key bytea,
    value bytea,
    headers text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT outbox_pk PRIMARY KEY (outbox_id)
);

-- Quarantine by project (docs/decisions/0012). The read model is disposable: it is emptied here and folded anew from the
-- log, because who is held decides what is folded.

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
    record_at timestamptz,
    reason text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quarantine_pk PRIMARY KEY (partition, log_offset),
    CONSTRAINT quarantine_stage CHECK (stage IN ('decode', 'fold', 'conflict', 'held')),
    CONSTRAINT quarantine_state CHECK (state IN ('open', 'skipped'))
);
CREATE INDEX quarantine_by_subject ON rm_v1.quarantine (subject);
DROP TABLE rm_v1.undecoded;

-- event.state is now: folded, unknown (type or version), registry, held, skipped. What is not ordinary is few, and asked for.
CREATE INDEX event_unknown ON rm_v1.event (partition) WHERE state = 'unknown';

-- How many corrections of a subject wait for their target.
CREATE TABLE rm_v1.parked (
    subject text NOT NULL,
    partition integer NOT NULL,
    corrections integer NOT NULL,
    CONSTRAINT parked_pk PRIMARY KEY (subject)
);

-- Why the rivals of a project could not be judged; then what its market does to it stands as it stood.
ALTER TABLE rm_v1.standing ADD COLUMN fault text;

TRUNCATE rm_v1.event, rm_v1.conflict, rm_v1.project, rm_v1.project_span, rm_v1.deal_span, rm_v1.flag_span, rm_v1.party_span,
    rm_v1.forum, rm_v1.standing, rm_v1.co_investment_span;
UPDATE rm_v1.checkpoint SET next_offset = 0, last_record_sha256 = NULL, last_record_at = NULL, applied_at = now();

-- What operators, and releases at their start, did to what was diverted. Not disposable: a rebuild obeys the skips.
-- `stage` and `found` are those of the record when it was acted on; `record_sha256` is its fingerprint, because its place
-- may be another record's in another log; null when not one record was acted on. Only ever added to.
CREATE TABLE steppe.quarantine_action (
    action_id bigint GENERATED ALWAYS AS IDENTITY,
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
    acted_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quarantine_action_pk PRIMARY KEY (action_id),
    CONSTRAINT quarantine_action_known CHECK (action IN ('retry', 'skip', 'upgrade'))
);
CREATE INDEX quarantine_action_by_place ON steppe.quarantine_action (topic, partition, log_offset);

-- What ever was on its way to the topic steppe.quarantine.v1: each record goes there once, also after a rebuild.
CREATE TABLE steppe.quarantine_publication (
    topic text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    record_sha256 bytea NOT NULL,
    stage text NOT NULL,
    release text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quarantine_publication_pk PRIMARY KEY (topic, partition, log_offset, record_sha256)
);

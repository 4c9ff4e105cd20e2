-- History is no news: whether an event told of a flag that stood for more than a month already when it was announced.
ALTER TABLE steppe.flag_transition ADD COLUMN backfill boolean NOT NULL DEFAULT false;
UPDATE steppe.flag_transition AS transition
SET backfill = true
WHERE transition.cause = 'event'
    AND transition.severity IS NOT NULL
    AND (transition.document::jsonb ->> 'since')::date < transition.on_day - 31;

-- The feed is read from the end, too, past imports of any size.
CREATE INDEX flag_transition_news ON steppe.flag_transition (transition_id) WHERE NOT backfill;

-- The active read model back at its beginning. Whoever runs this has locked it exclusively.

-- name: empty_read_model
-- Not TRUNCATE: readers of an older snapshot go on seeing their rows.
WITH
    gone_events AS (DELETE FROM event),
    gone_conflicts AS (DELETE FROM conflict),
    gone_quarantine AS (DELETE FROM quarantine),
    gone_parked AS (DELETE FROM parked),
    gone_projects AS (DELETE FROM project),
    gone_project_spans AS (DELETE FROM project_span),
    gone_headline_spans AS (DELETE FROM headline_span),
    gone_last_event_spans AS (DELETE FROM last_event_span),
    gone_deal_spans AS (DELETE FROM deal_span),
    gone_flag_spans AS (DELETE FROM flag_span),
    gone_party_namings AS (DELETE FROM party_naming),
    gone_party_spans AS (DELETE FROM party_span),
    gone_standings AS (DELETE FROM standing),
    gone_crossings AS (DELETE FROM crossing),
    gone_markets AS (DELETE FROM market),
    gone_pending_folds AS (DELETE FROM pending_fold),
    gone_co_investments AS (DELETE FROM co_investment_span)
DELETE FROM forum;

-- name: reset_checkpoints
UPDATE checkpoint
SET next_offset = 0,
    last_record_sha256 = NULL,
    last_record_at = NULL,
    applied_at = now();

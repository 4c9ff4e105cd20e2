-- Large projects: records of theirs that the checkpoints cover and that wait for a fold beside the stream.

-- name: large_projects
-- Of some projects those that a batch leaves to a fold beside the stream: with its records they have too many events, or some of
-- their records wait already.
SELECT asked.project
FROM unnest(:projects::text[], :records::bigint[]) AS asked (project, records)
LEFT JOIN project ON project.project = asked.project
WHERE asked.records + COALESCE(project.event_count, 0) >= :events_min::integer
    OR EXISTS (SELECT 1 FROM pending_fold WHERE pending_fold.project = asked.project);

-- name: note_pending
-- Inserts only, so that a fold that is being written makes no batch wait; where a checkpoint was set back, the same may be noted already.
INSERT INTO pending_fold (project, partition, first_offset, log_offset, records)
SELECT noted.project, noted.partition, noted.first_offset, noted.log_offset, noted.records
FROM unnest(:projects::text[], :partitions::integer[], :first_offsets::bigint[], :log_offsets::bigint[], :records::bigint[])
    AS noted (project, partition, first_offset, log_offset, records)
ON CONFLICT (project, log_offset) DO UPDATE
SET first_offset = LEAST(EXCLUDED.first_offset, pending_fold.first_offset),
    records = GREATEST(EXCLUDED.records, pending_fold.records),
    refolds = pending_fold.refolds + 1;

-- name: pending_projects
-- Every one, who waits longest first; how long nothing has come, in seconds.
SELECT
    pending_fold.project,
    extract(epoch FROM clock_timestamp() - max(pending_fold.noted_at))::float8 AS quiet_seconds
FROM pending_fold
GROUP BY pending_fold.project
ORDER BY min(pending_fold.noted_at), pending_fold.project;

-- name: folded_before
-- Of every project that waits the offset before which all its records are folded.
SELECT pending_fold.project, pending_fold.partition, min(pending_fold.first_offset) AS first_offset
FROM pending_fold
GROUP BY pending_fold.project, pending_fold.partition;

-- name: folded_before_in_partitions
-- The same of every partition in which one waits.
SELECT pending_fold.partition, min(pending_fold.first_offset) AS first_offset
FROM pending_fold
GROUP BY pending_fold.partition;

-- name: try_to_fold
-- Whether nobody else folds this project; until `release_fold`, or the session ends.
SELECT pg_try_advisory_lock(hashtextextended('fold:' || :project::text, 0));

-- name: release_fold
SELECT pg_advisory_unlock(hashtextextended('fold:' || :project::text, 0));

-- name: pending_of_project
-- The stretches of the log in which its records wait, in order.
SELECT
    pending_fold.partition, pending_fold.first_offset, pending_fold.log_offset, pending_fold.records, pending_fold.refolds
FROM pending_fold
WHERE pending_fold.project = :project::text
ORDER BY pending_fold.log_offset;

-- name: write_read_model
-- Marks a session that writes without a fence as a writer of this read model, for `terminate_stuck_sessions`; excludes nobody.
LOCK TABLE checkpoint IN ROW SHARE MODE;

-- name: remove_pending
-- What a fold has come to, unless the project was folded again since. Waits for whoever does.
DELETE FROM pending_fold
USING unnest(:log_offsets::bigint[], :refolds::integer[]) AS folded (log_offset, refolds)
WHERE pending_fold.project = :project::text
    AND pending_fold.log_offset = folded.log_offset
    AND pending_fold.refolds = folded.refolds
RETURNING pending_fold.log_offset;

-- name: note_refold
-- That some projects are folded again from what is stored. Waits for a fold that is being written.
UPDATE pending_fold
SET refolds = refolds + 1
WHERE pending_fold.project = ANY (:projects::text[]);

-- name: count_fold
-- Belongs at the end of a transaction: others wait for this row.
INSERT INTO late_folds (folds)
VALUES (1)
ON CONFLICT (only_row) DO UPDATE
SET folds = late_folds.folds + 1;

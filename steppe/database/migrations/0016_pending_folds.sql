-- Records of projects that are too large to be folded with their batch, until a fold beside the stream has come to them. In every read
-- model; one that is being built is made anew.
SELECT steppe.drop_read_model(schema_name) FROM steppe.read_model WHERE state = 'building';

DO $$
DECLARE
    its_schema text;
BEGIN
    FOR its_schema IN SELECT schema_name FROM steppe.read_model LOOP
        -- One row a batch and project: records of the project in this stretch of the log, `first_offset` to `log_offset`, are not
        -- stored yet; all those before the first of these stretches are. `refolds` counts how often it was folded again from what is
        -- stored since.
        EXECUTE format('CREATE TABLE %I.pending_fold (
            project text COLLATE "C" NOT NULL,
            partition integer NOT NULL,
            first_offset bigint NOT NULL,
            log_offset bigint NOT NULL,
            records integer NOT NULL,
            refolds integer NOT NULL DEFAULT 0,
            noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT pending_fold_pk PRIMARY KEY (project, log_offset)
        )', its_schema);

        -- How many folds beside the stream were written: they change answers at the same position of the log.
        EXECUTE format('CREATE TABLE %I.late_folds (
            only_row boolean NOT NULL DEFAULT true,
            folds bigint NOT NULL,
            CONSTRAINT late_folds_pk PRIMARY KEY (only_row),
            CONSTRAINT late_folds_one_row CHECK (only_row)
        )', its_schema);
    END LOOP;
END
$$;

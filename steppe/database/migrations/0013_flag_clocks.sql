-- A flag is one row a clock: the days on which it shows, and the day since when it has each severity, or will have if nothing else
-- occurs. What it says on a day follows from comparing that day with these. Read models are judged anew after this
-- (`steppe migrate`), so the rows are filled there. A projector of an earlier release cannot write any more.
-- A read model that is not active is dropped: it has rows of the other form.

SELECT steppe.drop_read_model(schema_name) FROM steppe.read_model WHERE state <> 'living';

DO $$
DECLARE
    its_schema text;
BEGIN
    FOR its_schema IN SELECT schema_name FROM steppe.read_model LOOP
        EXECUTE format('DROP TABLE %I.flag_span', its_schema);

        -- `deal` is '' for a flag of the project, so that it can stand in the key. `names_on`: the days on which it names more than
        -- before. `document` is a FlagClock of steppe/domain/values/flag_clock.py, what it has by default left out.
        EXECUTE format('CREATE TABLE %I.flag_span (
            project text COLLATE "C" NOT NULL,
            deal text COLLATE "C" NOT NULL,
            flag text COLLATE "C" NOT NULL,
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
            CONSTRAINT flag_span_forward CHECK (valid_from < valid_to)
        )', its_schema);
        -- The headline of a project, by the same rule.
        EXECUTE format('CREATE TABLE %I.headline_span (
            project text COLLATE "C" NOT NULL,
            valid_from date NOT NULL,
            valid_to date NOT NULL,
            watch_since date,
            stagnant_since date,
            presumed_dead_since date,
            watch_certain_since date,
            stagnant_certain_since date,
            presumed_dead_certain_since date,
            CONSTRAINT headline_span_pk PRIMARY KEY (project, valid_from),
            CONSTRAINT headline_span_forward CHECK (valid_from < valid_to)
        )', its_schema);

        -- Which event of a project is the latest on a day: both ends of its day, and what was given where these do not say it.
        EXECUTE format('CREATE TABLE %I.last_event_span (
            project text COLLATE "C" NOT NULL,
            valid_from date NOT NULL,
            valid_to date NOT NULL,
            earliest date,
            latest date NOT NULL,
            given text,
            CONSTRAINT last_event_span_pk PRIMARY KEY (project, valid_from),
            CONSTRAINT last_event_span_forward CHECK (valid_from < valid_to)
        )', its_schema);
        EXECUTE format('ALTER TABLE %I.project_span DROP COLUMN headline_severity', its_schema);

        -- What stands today has not ended: few of all rows.
        EXECUTE format('CREATE INDEX flag_span_by_days ON %I.flag_span (valid_to, valid_from)', its_schema);

        -- Lists are read the gravest first, and of these the oldest.
        EXECUTE format('CREATE INDEX flag_span_by_alert ON %I.flag_span (alert_since, project, deal, flag)'
            ' WHERE alert_since IS NOT NULL', its_schema);
        EXECUTE format('CREATE INDEX flag_span_by_presumed_dead ON %I.flag_span (presumed_dead_since, project, deal, flag)'
            ' WHERE presumed_dead_since IS NOT NULL', its_schema);
        EXECUTE format('CREATE INDEX flag_span_by_stagnant ON %I.flag_span (stagnant_since, project, deal, flag)'
            ' WHERE stagnant_since IS NOT NULL', its_schema);
        EXECUTE format('CREATE INDEX flag_span_by_watch ON %I.flag_span (watch_since, project, deal, flag)'
            ' WHERE watch_since IS NOT NULL', its_schema);
        EXECUTE format('CREATE INDEX flag_span_by_notice ON %I.flag_span (notice_since, project, deal, flag)'
            ' WHERE notice_since IS NOT NULL', its_schema);
    END LOOP;
END
$$;

-- They are judged again, whatever the edition.
UPDATE steppe.read_model SET edition = 0;

-- The severity on a day of a flag that shows. The days are those of flag_span.
CREATE FUNCTION steppe.severity_on(
    day date, notice_since date, watch_since date, stagnant_since date, presumed_dead_since date, alert_since date
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT CASE
        WHEN alert_since <= day THEN 'alert'
        WHEN presumed_dead_since <= day THEN 'presumed-dead'
        WHEN stagnant_since <= day THEN 'stagnant'
        WHEN watch_since <= day THEN 'watch'
        WHEN notice_since <= day THEN 'notice'
    END
$function$;

-- Since when a flag has had at least the severity that it has on a day.
CREATE FUNCTION steppe.since_on(
    day date, notice_since date, watch_since date, stagnant_since date, presumed_dead_since date, alert_since date
) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT CASE
        WHEN alert_since <= day THEN alert_since
        WHEN presumed_dead_since <= day THEN presumed_dead_since
        WHEN stagnant_since <= day THEN stagnant_since
        WHEN watch_since <= day THEN watch_since
        WHEN notice_since <= day THEN notice_since
    END
$function$;

-- Whether the severity that a flag has on a day is certain, as `certain` or `possible`.
CREATE FUNCTION steppe.certainty_on(
    day date, notice_since date, watch_since date, stagnant_since date, presumed_dead_since date, alert_since date,
    notice_certain_since date, watch_certain_since date, stagnant_certain_since date, presumed_dead_certain_since date,
    alert_certain_since date
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
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

-- When a flag becomes more severe after a day if nothing else occurs; null: it does not.
CREATE FUNCTION steppe.rises_after(
    day date, watch_since date, stagnant_since date, presumed_dead_since date
) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT LEAST(
        CASE WHEN watch_since > day THEN watch_since END,
        CASE WHEN stagnant_since > day THEN stagnant_since END,
        CASE WHEN presumed_dead_since > day THEN presumed_dead_since END
    )
$function$;

-- The clock by which each flag was last announced; null: none, or a release before this one announced it.
ALTER TABLE steppe.announced_flag ADD COLUMN clock text;

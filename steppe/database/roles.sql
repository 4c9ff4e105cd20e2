-- Who may do what. Groups without a login, so that passwords and names of users are the operator's business.
-- Safe to run again, and run after every migration, so that new tables are covered.

-- Roles belong to the whole server: another database of it may have made them, or be making them now.
DO $$
BEGIN
    CREATE ROLE steppe_projector NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
DO $$
BEGIN
    CREATE ROLE steppe_api NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- Services ask which read model lives; other sessions, such as psql, find it through the search path of the database.
-- The api writes nothing that stays; temporary tables hold what it is asked under another knowledge.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %I', current_database(),
        (SELECT schema_name FROM steppe.read_model WHERE state = 'living'));
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO steppe_projector', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO steppe_api', current_database());
END
$$;

GRANT USAGE ON SCHEMA steppe TO steppe_projector, steppe_api;
GRANT SELECT ON ALL TABLES IN SCHEMA steppe TO steppe_projector, steppe_api;

-- The projector writes the read models, whichever there are, and the api reads them.
SELECT steppe.grant_read_model(schema_name) FROM steppe.read_model;

-- A rebuild makes, activates and drops read models through these functions, and tells how far it is.
GRANT EXECUTE ON FUNCTION steppe.index_read_model, steppe.create_read_model, steppe.flip_read_model,
    steppe.drop_read_model TO steppe_projector;
GRANT UPDATE ON steppe.read_model TO steppe_projector;
GRANT INSERT, UPDATE, DELETE ON steppe.rebuild, steppe.rebuild_part TO steppe_projector;

-- An operator's command, with the projector's rights, adds versions of the rules and what their change did.
GRANT INSERT ON steppe.rule_version, steppe.rule_change, steppe.flag_transition TO steppe_projector;

-- The projector remembers what it has told the outside, and what is on its way there.
GRANT INSERT, UPDATE, DELETE
    ON steppe.announced_flag, steppe.announced_market, steppe.announced_project, steppe.announced_until, steppe.outbox
    TO steppe_projector;

-- What was quarantined is published once, and what was done about it is recorded; both are only ever added to.
GRANT INSERT ON steppe.quarantine_action, steppe.quarantine_publication TO steppe_projector;
-- A worker remembers which log it has seen, and says why it cannot go on.
GRANT INSERT ON steppe.log_identity TO steppe_projector;
GRANT INSERT, UPDATE, DELETE ON steppe.halt TO steppe_projector;

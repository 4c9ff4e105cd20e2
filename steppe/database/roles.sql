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

-- Sessions find the read model through the search path; which one it is, is a property of the database.
-- The api writes nothing that stays; temporary tables hold what it is asked under another knowledge.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = rm_v1', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO steppe_projector', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO steppe_api', current_database());
END
$$;

GRANT USAGE ON SCHEMA rm_v1, steppe TO steppe_projector, steppe_api;
GRANT SELECT ON ALL TABLES IN SCHEMA steppe TO steppe_projector, steppe_api;

-- The projector writes the read models and nothing else; TRUNCATE is for rebuilding them.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA rm_v1 TO steppe_projector;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA rm_v1 TO steppe_projector;

-- An operator's command, with the projector's rights, adds versions of the rules and what their change did.
GRANT INSERT ON steppe.rule_version, steppe.rule_change, steppe.flag_transition TO steppe_projector;

-- What was diverted is announced once, and what was done about it is recorded, only ever added to.
GRANT INSERT ON steppe.quarantine_action TO steppe_projector;
GRANT INSERT, UPDATE ON steppe.quarantine_publication TO steppe_projector;

-- The api reads.
GRANT SELECT ON ALL TABLES IN SCHEMA rm_v1 TO steppe_api;

-- What others see of a project, and no more of its deals than others can do something to: a market is judged from these, and what a
-- flag of it rests on is told from them when somebody asks. Read models are judged anew after this (`steppe migrate`), so the rows
-- are filled there. A projector of an earlier release cannot write any more.
-- A read model that is not active is dropped: it has the flags of markets in another form.

SELECT steppe.drop_read_model(schema_name) FROM steppe.read_model WHERE state <> 'living';

DO $$
DECLARE
    its_schema text;
BEGIN
    FOR its_schema IN SELECT schema_name FROM steppe.read_model LOOP
        -- The spans of a Contender of steppe/domain/markets/standings.py, for all deals of the project.
        EXECUTE format('ALTER TABLE %I.standing ADD COLUMN contenders text NOT NULL DEFAULT ''[]''', its_schema);
        EXECUTE format('ALTER TABLE %I.standing ALTER COLUMN contenders DROP DEFAULT', its_schema);

        -- A RivalCrossing of the same module: a deal that crossed the line, on days on which its project trades at one place. `winners`
        -- and `parts` are groups on the winning day, `markets` where it is seen.
        EXECUTE format('CREATE TABLE %I.crossing (
            project text COLLATE "C" NOT NULL,
            deal text COLLATE "C" NOT NULL,
            scope text NOT NULL,
            valid_from date NOT NULL,
            valid_to date NOT NULL,
            won_on date NOT NULL,
            since date NOT NULL,
            event text NOT NULL,
            winners text[] NOT NULL,
            parts text[] NOT NULL,
            countries text[] NOT NULL,
            commodities text[] NOT NULL,
            markets text[] NOT NULL,
            CONSTRAINT crossing_pk PRIMARY KEY (project, deal, scope, valid_from),
            CONSTRAINT crossing_forward CHECK (valid_from < valid_to)
        )', its_schema);
        EXECUTE format('CREATE INDEX crossing_by_market ON %I.crossing USING gin (markets)', its_schema);

        -- When the crossings that are seen in a market last changed, and with them what its flags rest on.
        EXECUTE format('CREATE TABLE %I.market (
            market text NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT market_pk PRIMARY KEY (market)
        )', its_schema);
    END LOOP;
END
$$;

-- They are judged again, whatever the edition.
UPDATE steppe.read_model SET edition = 0;

-- What of `market` was announced.
CREATE TABLE steppe.announced_market (
    market text NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT announced_market_pk PRIMARY KEY (market)
);

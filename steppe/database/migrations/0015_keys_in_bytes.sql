-- Keys are in order by bytes, as lists are, in every table of a read model: so a page of projects or deals is read from the index in its
-- own order, and what is joined on a key is found by its index. Until now this was so of flags and crossings only.
DO $$
DECLARE
    its record;
BEGIN
    FOR its IN
        SELECT model.schema_name, key.table_name, key.column_name
        FROM steppe.read_model AS model
        CROSS JOIN (
            VALUES
                ('project', 'project'), ('project_span', 'project'), ('deal_span', 'project'), ('deal_span', 'deal'),
                ('co_investment_span', 'project'), ('co_investment_span', 'deal'), ('standing', 'project'),
                ('party_naming', 'project'), ('party_naming', 'party'), ('party_span', 'party'), ('forum', 'forum')
        ) AS key (table_name, column_name)
    LOOP
        EXECUTE format(
            'ALTER TABLE %I.%I ALTER COLUMN %I TYPE text COLLATE "C"', its.schema_name, its.table_name, its.column_name);
    END LOOP;
END
$$;

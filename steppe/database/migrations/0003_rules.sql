-- Versions of the rules, which of them was in force since when, and what its change did to the flags. Not disposable:
-- none of this follows from the log. Only ever added to.

-- `document` is what steppe/domain/rule_document.py spells.
CREATE TABLE steppe.rule_version (
    version text NOT NULL,
    document text NOT NULL,
    note text,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rule_version_pk PRIMARY KEY (version)
);

-- The last change names the version in force.
CREATE TABLE steppe.rule_change (
    change_id bigint GENERATED ALWAYS AS IDENTITY,
    version text NOT NULL,
    in_force_from timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    reason text,
    projects integer NOT NULL DEFAULT 0,
    CONSTRAINT rule_change_pk PRIMARY KEY (change_id),
    CONSTRAINT rule_change_version_fk FOREIGN KEY (version) REFERENCES steppe.rule_version (version)
);

-- What became of flags, in the order in which it was found out. `deal` is '' for a flag of the project.
CREATE TABLE steppe.flag_transition (
    transition_id bigint GENERATED ALWAYS AS IDENTITY,
    project text NOT NULL,
    deal text NOT NULL,
    flag text NOT NULL,
    transition text NOT NULL,
    severity_before text,
    severity text,
    on_day date NOT NULL,
    cause text NOT NULL,
    rule_version text NOT NULL,
    change_id bigint,
    found_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT flag_transition_pk PRIMARY KEY (transition_id),
    CONSTRAINT flag_transition_change_fk FOREIGN KEY (change_id) REFERENCES steppe.rule_change (change_id)
);

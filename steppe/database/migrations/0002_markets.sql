-- What projects of one market do to each other. The read model is disposable: it is emptied here and folded anew from the
-- log, because corrections and the flags that came with this version change what is stored of every project.

-- A project as its rivals see it, with every market in which it ever is ('KZ/tungsten') and every party of its deals.
CREATE TABLE rm_v1.standing (
    project text NOT NULL,
    markets text[] NOT NULL,
    parties text[] NOT NULL,
    document text NOT NULL,
    CONSTRAINT standing_pk PRIMARY KEY (project)
);
CREATE INDEX standing_by_market ON rm_v1.standing USING gin (markets);
CREATE INDEX standing_by_party ON rm_v1.standing USING gin (parties);

-- Where a deal's own group has a part in what would displace it.
CREATE TABLE rm_v1.co_investment_span (
    project text NOT NULL,
    deal text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    events text[] NOT NULL,
    CONSTRAINT co_investment_span_pk PRIMARY KEY (project, deal, valid_from),
    CONSTRAINT co_investment_span_forward CHECK (valid_from < valid_to)
);

-- Parents are climbed from child to parent, and a change of one reaches those below it.
CREATE INDEX party_span_by_parent ON rm_v1.party_span (parent);

TRUNCATE rm_v1.event, rm_v1.conflict, rm_v1.undecoded, rm_v1.project, rm_v1.project_span, rm_v1.deal_span,
    rm_v1.flag_span, rm_v1.party_span, rm_v1.forum;
UPDATE rm_v1.checkpoint SET next_offset = 0, last_record_sha256 = NULL, last_record_at = NULL, applied_at = now();

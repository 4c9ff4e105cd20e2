-- What promises of money and what came of them is made of.

-- name: subjects_of_pledges
-- Projects that have a pledge, or a row that may have become one, or an event that may name a programme (its name may be escaped).
SELECT DISTINCT event.subject
FROM event
JOIN project ON project.project = event.subject
WHERE project.superseded_by IS NULL
    AND (
        event.name IN ('pledge.announced', 'event.reclassified')
        OR strpos(event.raw, '"programme"') > 0
        OR strpos(event.raw, '\u') > 0
    );

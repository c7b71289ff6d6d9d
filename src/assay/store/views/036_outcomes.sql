-- How tasks ended as people or programs said after the fact (feedback of kind outcome): the latest word on each trace. The view `traces` has it in
-- `outcome`, where it wins over what the spans say.
-- columns: workspace, trace_id, time, outcome (success, failure, escalated, abandoned)
CREATE OR REPLACE VIEW @on_cluster outcomes AS
SELECT workspace, trace_id, said.1 AS time, toString(said.3) AS outcome
FROM
(
    -- A row that is there twice is the same word twice, so nothing has to be merged first.
    SELECT workspace, trace_id, max((time, feedback_id, outcome)) AS said
    FROM feedback_rows
    WHERE outcome != '' AND trace_id != ''
    GROUP BY workspace, trace_id
);

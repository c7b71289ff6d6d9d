-- What people say of traces, one row per trace, dimension, source and labeller: the last word of each. `source`: `expert`, `corrected` (an
-- expert who saw what a judge had said) or `end_user`; never mix them. `value` is NULL where the labeller could not tell. A rate over
-- labels weighs each one with 1 / probability: that its trace was judged by `drawn_for` and then chosen to be labelled. Where `drawn_for`
-- is empty nobody drew it, and `probability` is what was imported with it (1: chosen for no reason that has to do with its quality);
-- beside a verdict of a judge that it was not drawn for, that verdict's sampling_probability comes on top.
-- columns: workspace, time (when it was said), trace_id, dimension, source, labeller, value (0 to 1), label (level of the rubric, or
-- `abstain`), rubric (digest of the levels that were shown), rubric_of (the judge version whose levels they are), comment, correction (what
-- the answer should have been), probability, drawn_for (judge id), conversation_id
CREATE OR REPLACE VIEW @on_cluster human_labels AS
SELECT
    l.workspace AS workspace, fromUnixTimestamp64Milli(toInt64(l.version), 'UTC') AS time, l.trace_id AS trace_id,
    l.dimension AS dimension, source, labeller, value, label, rubric, rubric_of, comment, correction,
    if(d.chance > 0, d.chance, l.probability) AS probability, d.judge AS drawn_for, conversation_id
FROM (SELECT * FROM human_label_rows FINAL) AS l
LEFT JOIN
(
    SELECT workspace, trace_id, dimension, max(probability) AS chance, argMax(toString(judge_id), (probability, judge_id)) AS judge
    FROM label_draw_rows
    GROUP BY workspace, trace_id, dimension
) AS d ON d.workspace = l.workspace AND d.trace_id = l.trace_id AND d.dimension = l.dimension;

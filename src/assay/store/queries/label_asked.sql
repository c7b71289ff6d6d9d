-- How traces that are looked at again stood to their questions when they were looked at last.
-- params: round UInt64 (of wanted_ids: trace ids); from, to DateTime64(9) (start of traces)
-- returns: workspace, trace_id, standing, example, example_documents
SELECT workspace, trace_id, standing, example, example_documents
FROM asked_questions FINAL
WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
SETTINGS do_not_merge_across_partitions_select_final = 1

-- The frozen probe sets.
-- params: workspace String (empty: all)
-- returns: workspace, dimension, trace_id
SELECT DISTINCT workspace, toString(dimension) AS dimension, trace_id
FROM probe_items
WHERE {workspace:String} = '' OR workspace = {workspace:String}
ORDER BY workspace, dimension, trace_id

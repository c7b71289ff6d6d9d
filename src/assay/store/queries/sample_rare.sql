-- Values of cohort labels that few settled traces have, for the sampler. A label with many values is an id, and no cohort.
-- params: since DateTime64(3), share Float64 (of the workspace's traces with the label; below it a value is rare), most UInt64 (values)
-- returns: workspace, key, value
SELECT workspace, key, value
FROM
(
    SELECT
        workspace, key, value, count() AS n,
        sum(n) OVER (PARTITION BY workspace, key) AS traces, count() OVER (PARTITION BY workspace, key) AS values
    FROM trace_labels FINAL
    ARRAY JOIN cohort_keys AS key, cohort_values AS value
    WHERE retracted = 0 AND start_time >= {since:DateTime64(3, 'UTC')}
    GROUP BY workspace, key, value
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
WHERE n < {share:Float64} * traces AND values <= {most:UInt64}

-- How many spans each node of the cluster has, after deduplication.
-- params: cluster String, database Identifier
-- returns: shard, host, spans
SELECT shardNum() AS shard, hostName() AS host, uniqExact(trace_id, span_id) AS spans
FROM clusterAllReplicas({cluster:String}, {database:Identifier}.spans_local)
GROUP BY shard, host
ORDER BY shard, host

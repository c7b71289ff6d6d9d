-- How many of this database's tables each node of the cluster has.
-- params: cluster String, database String
-- returns: shard, host, tables
SELECT shardNum() AS shard, hostName() AS host, count() AS tables
FROM clusterAllReplicas({cluster:String}, system.tables)
WHERE database = {database:String}
GROUP BY shard, host
ORDER BY shard, host

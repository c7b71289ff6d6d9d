-- Nodes of a cluster.
-- params: cluster String
-- returns: shard, replica, host
SELECT shard_num AS shard, replica_num AS replica, host_name AS host FROM system.clusters WHERE cluster = {cluster:String} ORDER BY shard, replica

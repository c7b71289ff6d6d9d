-- How many of the noted texts are stored.
-- params: round UInt64
-- returns: texts
SELECT uniqExact(workspace, hash) AS texts FROM bodies
WHERE (workspace, hash) IN (SELECT workspace, hash FROM wanted_bodies WHERE round = {round:UInt64})

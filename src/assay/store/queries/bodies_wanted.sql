-- Texts of a list of content hashes that was written to wanted_bodies.
-- params: round UInt64
-- returns: workspace, hash, text
SELECT workspace, hash, any(b.text) AS text
FROM bodies AS b
WHERE (workspace, hash) IN (SELECT workspace, hash FROM wanted_bodies WHERE round = {round:UInt64})
GROUP BY workspace, hash

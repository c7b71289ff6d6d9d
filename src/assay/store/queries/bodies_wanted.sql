-- Texts of a list of content hashes that was written to wanted_bodies; a text that is kept for several weeks comes for each of them.
-- params: round UInt64
-- returns: workspace, hash, text
SELECT workspace, hash, text
FROM bodies
WHERE (workspace, hash) IN (SELECT workspace, hash FROM wanted_bodies WHERE round = {round:UInt64})

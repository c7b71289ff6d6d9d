-- Texts by content hash.
-- params: workspace String, hashes Array(String) (hexadecimal)
-- returns: content_hash (hexadecimal), kind, text
SELECT hex(hash) AS content_hash, kind, text
FROM texts
WHERE workspace = {workspace:String} AND hash IN (SELECT toFixedString(unhex(arrayJoin({hashes:Array(String)})), 16))

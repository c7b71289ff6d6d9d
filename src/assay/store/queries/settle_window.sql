-- How far settling has looked, and how far it may look now.
-- params: name String, quiet_seconds Float64
-- returns: watermark (0 at first), now
SELECT max(p.watermark) AS watermark, now64(3) AS now, toUInt64(toUnixTimestamp64Nano(now64(9))) AS round
FROM progress AS p
WHERE name = {name:String}

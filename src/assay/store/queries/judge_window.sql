-- How far a judge has looked, in whichever division of the work lags most, and how far it may look now.
-- params: name String, prefix String (of the names of all divisions)
-- returns: watermark, newest, oldest (of this division; of all of them, the most and the least advanced; 1970: none), now, round
SELECT
    max(if(name = {name:String}, at, toDateTime64(0, 3, 'UTC'))) AS watermark, max(at) AS newest, min(at) AS oldest,
    now64(3) AS now, toUInt64(toUnixTimestamp64Nano(now64(9))) AS round
FROM (SELECT name, max(p.watermark) AS at FROM progress AS p WHERE startsWith(name, {prefix:String}) GROUP BY name)

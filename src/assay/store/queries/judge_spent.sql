-- What was spent or reserved in the hour and the day (UTC) of a time, by one scorer and by all of them.
-- params: scorer String, now_ms Int64
-- returns: mine_hour, mine_day, all_hour, all_day (US dollars)
WITH fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') AS now
SELECT
    sumIf(usd, scorer = {scorer:String} AND at >= toStartOfHour(now)) AS mine_hour, sumIf(usd, scorer = {scorer:String}) AS mine_day,
    sumIf(usd, at >= toStartOfHour(now)) AS all_hour, sum(usd) AS all_day
FROM judge_spend FINAL
WHERE at >= toStartOfDay(now)

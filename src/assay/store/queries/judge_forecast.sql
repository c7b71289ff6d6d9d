-- How many traces of each stratum an hour has, by what a judge drew of the last day, and what a call did cost.
-- params: judge_id String
-- returns: stratum, per_hour, cost (mean in US dollars; NULL or NaN where nothing did cost)
WITH (SELECT greatest(dateDiff('second', min(inserted_at), now()), 600) / 3600 FROM verdict_rows WHERE judge_id = {judge_id:String} AND inserted_at > now() - INTERVAL 1 DAY) AS hours
SELECT stratum, sum(1 / sampling_probability) / hours AS per_hour, avgIf(cost_usd, cost_usd > 0) AS cost
FROM verdict_rows FINAL
WHERE judge_id = {judge_id:String} AND inserted_at > now() - INTERVAL 1 DAY
GROUP BY stratum

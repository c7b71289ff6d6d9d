-- What a run has given so far.
-- params: run String, dataset_version String (empty: any)
-- returns: the columns of the view replays
SELECT * FROM replays
WHERE run = {run:String} AND ({dataset_version:String} = '' OR dataset_version = {dataset_version:String})
ORDER BY judge_id, judge_version, item

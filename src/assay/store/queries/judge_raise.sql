-- Raises the probability of a verdict whose trace was considered again with a higher one, so that it stands for as many as it should.
-- params: workspace, trace_id, judge_id String, judge_version UInt16, revision UInt64, probability Float64, stratum String, version UInt64
INSERT INTO verdict_rows (* EXCEPT (inserted_at))
SELECT * EXCEPT (inserted_at) REPLACE ({probability:Float64} AS sampling_probability, {stratum:String} AS stratum, {version:UInt64} AS version)
FROM verdict_rows FINAL
WHERE workspace = {workspace:String} AND trace_id = {trace_id:String} AND judge_id = {judge_id:String}
    AND judge_version = {judge_version:UInt16} AND revision = {revision:UInt64}

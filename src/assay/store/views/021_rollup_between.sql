-- The rows of rollup whose buckets start from `since` until before `until`, for questions about a day or more that do not split by
-- hour: 21 closed hours of the last day come as one row for each set of dimensions (`bucket_seconds` 75600) where the range holds
-- all of them, so that much fewer rows are merged. Sums and percentiles are the same. A table of two parameters:
-- SELECT ... FROM rollup_between(since = now() - INTERVAL 1 DAY, until = now()) AS r WHERE cohort_key = ''.
-- columns: those of rollup
CREATE OR REPLACE VIEW @on_cluster rollup_between AS
WITH
    (SELECT max(generation) FROM rollup_commits WHERE bucket_seconds = 0) AS head,
    (SELECT (argMax(bucket, generation), max(generation)) FROM rollup_commits WHERE bucket_seconds = 75600 AND generation <= head) AS day,
    day.1 AS day_from,
    -- It counts while no hour of it was built after it.
    (
        SELECT if(max(generation) <= day.2 AND day_from >= {since:DateTime('UTC')} AND dateDiff('second', day_from, {until:DateTime('UTC')}) >= 75600,
            day_from + 75600, day_from)
        FROM rollup_commits
        WHERE bucket_seconds = 3600 AND generation <= head AND bucket >= day_from AND bucket < day_from + 75600
    ) AS day_until
SELECT
    workspace, bucket, bucket_seconds, cohort_key, cohort_value, service, stage, operation, model, prompt_version,
    spans, twins, weight, errors, errors_by_type, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cost_usd, unpriced, outcomes,
    duration_bins, ttft_bins
FROM rollups
WHERE bucket = day_from AND day_from < day_until AND bucket_seconds = 75600 AND generation = day.2
UNION ALL
SELECT
    workspace, bucket, bucket_seconds, cohort_key, cohort_value, service, stage, operation, model, prompt_version,
    spans, twins, weight, errors, errors_by_type, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cost_usd, unpriced, outcomes,
    duration_bins, ttft_bins
FROM rollup
WHERE bucket >= {since:DateTime('UTC')} AND bucket < {until:DateTime('UTC')} AND (bucket < day_from OR bucket >= day_until);

-- Builds a piece of the last day as one from its committed hours, for all workspaces. Distributions are whole: nothing is sampled again.
-- params: day_from and day_until DateTime, day_seconds UInt32, generation UInt64, piece and pieces UInt32 (which of how many)
INSERT INTO rollups
SELECT
    workspace,
    {day_from:DateTime('UTC')} AS bucket,
    {day_seconds:UInt32} AS bucket_seconds,
    {generation:UInt64} AS generation,
    cohort_key, cohort_value, service, stage, operation, model, prompt_version,
    sum(h.spans), sum(h.twins), sum(h.weight), sum(h.errors), sumMap(h.errors_by_type),
    sum(h.input_tokens), sum(h.output_tokens), sum(h.cache_read_tokens), sum(h.cache_write_tokens), sum(h.reasoning_tokens),
    sum(h.cost_usd), sum(h.unpriced), sumMap(h.outcomes),
    arraySort(groupArrayArray(h.duration_bins)), arraySort(groupArrayArray(h.ttft_bins))
FROM rollups AS h
WHERE (h.bucket, h.bucket_seconds, h.generation) IN
(
    SELECT bucket, bucket_seconds, max(generation)
    FROM rollup_commits
    WHERE bucket_seconds = 3600 AND bucket >= {day_from:DateTime('UTC')} AND bucket < {day_until:DateTime('UTC')}
    GROUP BY bucket, bucket_seconds
)
    AND cityHash64(workspace, cohort_key, cohort_value, service, stage, operation, model, prompt_version) % {pieces:UInt32} = {piece:UInt32}
GROUP BY workspace, cohort_key, cohort_value, service, stage, operation, model, prompt_version

-- What judges say about settled traces, one row per trace, judge version and revision of the trace. `stale`: a later revision of the
-- trace was judged since. `score` is NULL where there is none, and `unscored` says why. A rate or a mean over verdicts weighs each one with
-- 1 / sampling_probability. Scores are opinions: how far a judge version agrees with people is measured apart, and those of `offline.*`
-- are not calibrated.
-- columns: workspace, time (of the trace's first span), trace_id, span_id (the answering call), verdict_id, revision, stale, dimension,
-- judge_id, judge_version, judge_model, rubric (digest of what the judge was told), score (0 to 1), label, unscored, explanation, quotations
-- (JSON: input, text), sampling_probability, stratum, sampler_version, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
-- cost_usd, latency_ms, request_id, dataset_version, conversation_id, service, release, environment, operation, model, prompt_version, route,
-- cohort (map), judged_at
CREATE OR REPLACE VIEW @on_cluster verdicts AS
SELECT
    workspace, start_time AS time, trace_id, span_id, hex(verdict_id) AS verdict_id, revision,
    revision < max(revision) OVER (PARTITION BY workspace, trace_id, judge_id, judge_version) AS stale,
    dimension, judge_id, judge_version, judge_model, rubric, score, label, unscored, explanation, quotations,
    sampling_probability, stratum, sampler_version, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    cost_usd, latency_ms, request_id, dataset_version, conversation_id, service, release, environment, operation, model,
    prompt_version, route, mapFromArrays(cohort_keys, cohort_values) AS cohort, inserted_at AS judged_at
FROM verdict_rows FINAL;

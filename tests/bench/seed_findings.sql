-- A finding on every fiftieth span of tests/bench/seed.sql: four labels, two of them in one trace now and then.
INSERT INTO finding_rows (workspace, trace_id, span_id, finding_id, start_time, version, label, check_id, check_version, stage, severity,
    confidence, evidence, service, model, prompt_version, cohort_keys, cohort_values)
SELECT
    workspace, trace_id, span_id, unhex(hex(sipHash128(span_id))), start_time, 1,
    ['output_format.truncated', 'serving_bottleneck.rate_limited', 'safety_policy.pii_leak', 'unsupported_generation.unsupported_number'][1 + sipHash64(span_id, 1) % 4],
    ['output.truncated', 'serving.rate_limited', 'safety.pii_answer', 'grounding.numbers'][1 + sipHash64(span_id, 1) % 4],
    1, 'generation', ['error', 'warning', 'error', 'error'][1 + sipHash64(span_id, 1) % 4],
    0.98, '[{"where":"answer","quote":"' || repeat('made up ', 12) || '","start":10,"end":106}]', service, response_model, prompt_version, cohort_keys, cohort_values
FROM spans
WHERE sipHash64(span_id) % 50 = 0

-- Model calls over the 24 hours before `until`: 8 models x 20 prompt versions x 200 tenants, five spans a trace.
INSERT INTO spans (workspace, trace_id, span_id, start_time, duration_ns, version, mapping_version, service, dialect, name, kind,
    status, error_type, sampling_weight, operation, stage, provider, request_model, response_model, response_id, streaming,
    time_to_first_token_ns, input_tokens, output_tokens, usage_accounting, usage_role, cost_usd, cost_source,
    prompt_name, prompt_version, conversation_id, user_id, cohort_keys, cohort_values, checks, inserted_at)
SELECT
    'default',
    lower(hex(sipHash128(intDiv(number, 5)))),
    lower(hex(sipHash64(number, 1))),
    fromUnixTimestamp64Nano(toInt64({until:UInt64}) - toInt64(8.64e13 * (5 * intDiv(number, 5) / {total:UInt64})) - toInt64(number % 5 * 300000000), 'UTC'),
    toUInt64(exp(randNormal(20.6, 0.6, number))),
    1, 1, 'answers', 'otel', 'chat', 'client',
    if(number % 50 = 0, 'error', 'unset'), if(number % 50 = 0, 'rate_limited', ''), 1, 'chat', 'generation', 'openai',
    'model-' || toString(sipHash64(number, 2) % 8), 'model-' || toString(sipHash64(number, 2) % 8), 'resp_' || lower(hex(sipHash64(number, 3))), 0,
    toUInt64(exp(randNormal(19.5, 0.5, number + 1))),
    200 + sipHash64(number, 4) % 4000, 20 + sipHash64(number, 5) % 600, 'inclusive', 'own', (200 + sipHash64(number, 4) % 4000) * 0.00000015, 'genai-prices',
    'answer', 'v' || toString(sipHash64(number, 6) % 20), 'conv-' || toString(intDiv(number, 25)), 'user-' || toString(sipHash64(number, 7) % 5000),
    ['tenant'], ['tenant-' || toString(sipHash64(number, 8) % 200)],
    'output.empty@1,output.truncated@1,safety.pii_answer@1' || if(number % 3 = 0, ',tools.unknown@1', ''),
    fromUnixTimestamp64Milli(intDiv(toInt64({until:UInt64}) - toInt64(8.64e13 * (5 * intDiv(number, 5) / {total:UInt64})), 1000000), 'UTC')
FROM numbers({first:UInt64}, {count:UInt64})

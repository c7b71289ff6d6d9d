-- Spans apart from their texts, log records, evaluations, rollups, and what the maintenance loops remember.
--
-- @on_cluster and @engine(...) are filled in by migrate.py: nothing and the plain engine on one node; ON CLUSTER, the
-- replicated engine and a Distributed table over `<name>_local` on a cluster. @table(name, sharding key) names the table
-- that holds the rows. See docs/decisions for why the keys and codecs are what they are.

-- Canonical spans. A row is idempotent by its sorting key, all of which is content; the highest version wins.
CREATE TABLE IF NOT EXISTS @table(spans, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(3)),
    trace_id String CODEC(ZSTD(3)),
    span_id String CODEC(ZSTD(3)),
    parent_span_id String CODEC(ZSTD(3)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    clock_flags LowCardinality(String) CODEC(ZSTD(3)),
    version UInt64 CODEC(ZSTD(1)),
    mapping_version UInt16 CODEC(ZSTD(3)),
    service LowCardinality(String) CODEC(ZSTD(3)),
    release LowCardinality(String) CODEC(ZSTD(3)),
    environment LowCardinality(String) CODEC(ZSTD(3)),
    scope_name LowCardinality(String) CODEC(ZSTD(3)),
    scope_version LowCardinality(String) CODEC(ZSTD(3)),
    dialect LowCardinality(String) CODEC(ZSTD(3)),
    name LowCardinality(String) CODEC(ZSTD(3)),
    kind LowCardinality(String) CODEC(ZSTD(3)),
    status LowCardinality(String) CODEC(ZSTD(3)),
    status_message String CODEC(ZSTD(3)),
    error_type LowCardinality(String) CODEC(ZSTD(3)),
    error_class LowCardinality(String) CODEC(ZSTD(3)),
    http_status UInt16 CODEC(ZSTD(3)),
    sampling_weight Float64 CODEC(ZSTD(3)),
    operation LowCardinality(String) CODEC(ZSTD(3)),
    stage LowCardinality(String) CODEC(ZSTD(3)),
    provider LowCardinality(String) CODEC(ZSTD(3)),
    request_model LowCardinality(String) CODEC(ZSTD(3)),
    response_model LowCardinality(String) CODEC(ZSTD(3)),
    response_id String CODEC(ZSTD(3)),
    request_id String CODEC(ZSTD(3)),
    streaming UInt8 CODEC(ZSTD(3)),
    finish_reasons Array(LowCardinality(String)) CODEC(ZSTD(3)),
    request_parameters String CODEC(ZSTD(3)),
    output_type LowCardinality(String) CODEC(ZSTD(3)),
    response_schema FixedString(16) CODEC(ZSTD(3)),
    time_to_first_token_ns Nullable(UInt64) CODEC(ZSTD(3)),
    retry_count UInt16 CODEC(ZSTD(3)),
    parse_fallback UInt8 CODEC(ZSTD(3)),
    input_tokens Nullable(UInt64) CODEC(ZSTD(3)),
    output_tokens Nullable(UInt64) CODEC(ZSTD(3)),
    cache_read_tokens Nullable(UInt64) CODEC(ZSTD(3)),
    cache_write_tokens Nullable(UInt64) CODEC(ZSTD(3)),
    reasoning_tokens Nullable(UInt64) CODEC(ZSTD(3)),
    usage_accounting LowCardinality(String) CODEC(ZSTD(3)),
    usage_role LowCardinality(String) CODEC(ZSTD(3)),
    twin_of String CODEC(ZSTD(3)),
    cost_usd Nullable(Float64) CODEC(ZSTD(3)),
    cost_source LowCardinality(String) CODEC(ZSTD(3)),
    input_messages Array(FixedString(16)) CODEC(ZSTD(3)),
    output_messages Array(FixedString(16)) CODEC(ZSTD(3)),
    system_prompt FixedString(16) CODEC(ZSTD(3)),
    question FixedString(16) CODEC(ZSTD(3)),
    answer FixedString(16) CODEC(ZSTD(3)),
    content_captured UInt8 CODEC(ZSTD(3)),
    log_records UInt16 CODEC(ZSTD(3)),
    prompt_name LowCardinality(String) CODEC(ZSTD(3)),
    prompt_version LowCardinality(String) CODEC(ZSTD(3)),
    tool_definitions FixedString(16) CODEC(ZSTD(3)),
    tool_definition_names Array(LowCardinality(String)) CODEC(ZSTD(3)),
    tool_call_names Array(LowCardinality(String)) CODEC(ZSTD(3)),
    tool_call_ids Array(String) CODEC(ZSTD(3)),
    tool_call_arguments Array(FixedString(16)) CODEC(ZSTD(3)),
    tool_name LowCardinality(String) CODEC(ZSTD(3)),
    tool_type LowCardinality(String) CODEC(ZSTD(3)),
    tool_call_id String CODEC(ZSTD(3)),
    tool_arguments FixedString(16) CODEC(ZSTD(3)),
    tool_result FixedString(16) CODEC(ZSTD(3)),
    retrieval_query FixedString(16) CODEC(ZSTD(3)),
    retrieval_top_k UInt32 CODEC(ZSTD(3)),
    data_source LowCardinality(String) CODEC(ZSTD(3)),
    document_ids Array(String) CODEC(ZSTD(3)),
    document_ranks Array(UInt32) CODEC(ZSTD(3)),
    document_scores Array(Float64) CODEC(ZSTD(3)),
    document_texts Array(FixedString(16)) CODEC(ZSTD(3)),
    document_indexes Array(LowCardinality(String)) CODEC(ZSTD(3)),
    document_versions Array(String) CODEC(ZSTD(3)),
    document_updated_at Array(String) CODEC(ZSTD(3)),
    document_selected Array(UInt8) CODEC(ZSTD(3)),
    guardrail_names Array(LowCardinality(String)) CODEC(ZSTD(3)),
    guardrail_verdicts Array(LowCardinality(String)) CODEC(ZSTD(3)),
    conversation_id String CODEC(ZSTD(3)),
    user_id String CODEC(ZSTD(3)),
    agent_name LowCardinality(String) CODEC(ZSTD(3)),
    agent_id String CODEC(ZSTD(3)),
    feature LowCardinality(String) CODEC(ZSTD(3)),
    route LowCardinality(String) CODEC(ZSTD(3)),
    workflow LowCardinality(String) CODEC(ZSTD(3)),
    intent LowCardinality(String) CODEC(ZSTD(3)),
    outcome LowCardinality(String) CODEC(ZSTD(3)),
    cohort_keys Array(LowCardinality(String)) CODEC(ZSTD(3)),
    cohort_values Array(LowCardinality(String)) CODEC(ZSTD(3)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX inserted_at_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, toStartOfFiveMinutes(start_time), trace_id, span_id)
SETTINGS min_bytes_for_wide_part = 134217728, ttl_only_drop_parts = 1;

-- What was sent, for the spans of `spans`: long values are references to `bodies`.
CREATE TABLE IF NOT EXISTS @table(spans_raw, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(3)),
    trace_id String CODEC(ZSTD(3)),
    span_id String CODEC(ZSTD(3)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    attributes String CODEC(ZSTD(3)),
    events String CODEC(ZSTD(3)),
    links String CODEC(ZSTD(3)),
    trace_state String CODEC(ZSTD(3)),
    resource FixedString(16) CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, toStartOfFiveMinutes(start_time), trace_id, span_id)
SETTINGS min_bytes_for_wide_part = 134217728, ttl_only_drop_parts = 1;

-- Texts, once per (workspace, retention week, content hash). Sorted by kind first: like beside like takes a quarter less room.
CREATE TABLE IF NOT EXISTS @table(bodies, cityHash64(hash)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    week Date CODEC(ZSTD(1)),
    hash FixedString(16) CODEC(NONE),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    text String CODEC(ZSTD(3)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX text_tokens if(kind = 'message', text, '') TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = lower(replaceAll(if(kind = 'message', text, ''), '\\n', ' ')))
)
ENGINE = @engine(ReplacingMergeTree)
PARTITION BY week
ORDER BY (workspace, kind, hash)
SETTINGS min_bytes_for_wide_part = 134217728, ttl_only_drop_parts = 1;

-- GenAI log records; those that describe a span are joined to it when its trace settles. A record that was sent without ids
-- and could only belong to one span is here twice: as sent, and with the span's ids and `adopted` = 1.
CREATE TABLE IF NOT EXISTS @table(log_records, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(3)),
    span_id String CODEC(ZSTD(3)),
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    log_id FixedString(16) CODEC(NONE),
    event_name LowCardinality(String) CODEC(ZSTD(1)),
    severity LowCardinality(String) CODEC(ZSTD(1)),
    scope_name LowCardinality(String) CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    body String CODEC(ZSTD(3)),
    attributes String CODEC(ZSTD(3)),
    resource FixedString(16) CODEC(ZSTD(1)),
    adopted UInt8 CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX inserted_at_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree)
PARTITION BY toMonday(time)
ORDER BY (workspace, trace_id, span_id, log_id)
SETTINGS min_bytes_for_wide_part = 134217728, ttl_only_drop_parts = 1;

-- Evaluation results that others sent, from log records, span events or span attributes.
CREATE TABLE IF NOT EXISTS @table(evaluations, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String),
    trace_id String,
    span_id String,
    evaluation_id FixedString(16),
    time DateTime64(9, 'UTC'),
    name LowCardinality(String),
    score Nullable(Float64),
    label LowCardinality(String),
    explanation FixedString(16),
    source LowCardinality(String),
    error_type LowCardinality(String),
    response_id String,
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree)
PARTITION BY toMonday(time)
ORDER BY (workspace, trace_id, span_id, evaluation_id)
SETTINGS ttl_only_drop_parts = 1;

-- Aggregates per bucket, built from deduplicated spans. `rollup_commits` says which generation of a bucket counts.
-- `*_bins` are the sorted values of the row's spans on a logarithmic scale: round(2500 * log1p(microseconds)), 0.04 % apart.
-- Past a million spans a row they are a systematic sample of a million.
CREATE TABLE IF NOT EXISTS @table(rollups, rand()) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    bucket DateTime('UTC') CODEC(Delta, ZSTD(1)),
    bucket_seconds UInt32 CODEC(ZSTD(1)),
    generation UInt64 CODEC(ZSTD(1)),
    cohort_key LowCardinality(String) CODEC(ZSTD(1)),
    cohort_value LowCardinality(String) CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    operation LowCardinality(String) CODEC(ZSTD(1)),
    model LowCardinality(String) CODEC(ZSTD(1)),
    prompt_version LowCardinality(String) CODEC(ZSTD(1)),
    spans UInt64 CODEC(ZSTD(1)),
    twins UInt64 CODEC(ZSTD(1)),
    weight Float64 CODEC(ZSTD(1)),
    errors UInt64 CODEC(ZSTD(1)),
    errors_by_type Map(LowCardinality(String), UInt64) CODEC(ZSTD(1)),
    input_tokens UInt64 CODEC(ZSTD(1)),
    output_tokens UInt64 CODEC(ZSTD(1)),
    cache_read_tokens UInt64 CODEC(ZSTD(1)),
    cache_write_tokens UInt64 CODEC(ZSTD(1)),
    reasoning_tokens UInt64 CODEC(ZSTD(1)),
    cost_usd Decimal(38, 12) CODEC(ZSTD(1)),
    unpriced UInt64 CODEC(ZSTD(1)),
    outcomes Map(LowCardinality(String), UInt64) CODEC(ZSTD(1)),
    duration_bins Array(UInt16) CODEC(ZSTD(1)),
    ttft_bins Array(UInt16) CODEC(ZSTD(1))
)
ENGINE = @engine(MergeTree)
PARTITION BY toYYYYMM(bucket)
ORDER BY (workspace, cohort_key, bucket, generation, service, stage, operation, model, prompt_version, cohort_value)
SETTINGS min_bytes_for_wide_part = 134217728;

-- One row per built bucket: the greatest generation counts. A row with bucket_seconds = 0 moves the frontier: spans that
-- start before it are served from rollups, later ones from spans.
CREATE TABLE IF NOT EXISTS @table(rollup_commits, 0) @on_cluster
(
    bucket DateTime('UTC'),
    bucket_seconds UInt32,
    generation UInt64,
    frontier DateTime64(3, 'UTC'),
    watermark DateTime64(3, 'UTC')
)
ENGINE = @engine(ReplacingMergeTree, generation)
ORDER BY (bucket_seconds, bucket);

-- Buckets that somebody asks to be built again although no span in them was inserted (erasure).
CREATE TABLE IF NOT EXISTS @table(rollup_requests, 0) @on_cluster
(
    bucket DateTime('UTC'),
    requested_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, requested_at)
ORDER BY bucket
TTL toDateTime(requested_at) + INTERVAL 30 DAY;

-- What a maintenance loop has finished, by name.
CREATE TABLE IF NOT EXISTS @table(progress, 0) @on_cluster
(
    name String,
    watermark DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, updated_at)
ORDER BY name;

-- Erasures that were carried out. Writers forget which texts they have written when a new row appears.
CREATE TABLE IF NOT EXISTS @table(erasures, 0) @on_cluster
(
    erased_at DateTime64(3, 'UTC') DEFAULT now64(3),
    workspace LowCardinality(String),
    by LowCardinality(String),
    value_sha256 String,
    spans UInt64
)
ENGINE = @engine(MergeTree)
ORDER BY erased_at;

-- What a round of settling found, so that rows are rewritten where they are and never travel.
CREATE TABLE IF NOT EXISTS @table(settle_marks, cityHash64(trace_id)) @on_cluster
(
    round UInt64,
    workspace LowCardinality(String),
    trace_id String,
    span_id String,
    start_time DateTime64(9, 'UTC'),
    usage_role LowCardinality(String),
    twin_of String,
    revision UInt64,
    inserted_at DateTime DEFAULT now()
)
ENGINE = @engine(MergeTree)
ORDER BY (round, workspace, trace_id, span_id)
TTL inserted_at + INTERVAL 1 DAY;

-- Content hashes that somebody wants the texts of, by round: a list that would not fit into a statement.
CREATE TABLE IF NOT EXISTS @table(wanted_bodies, cityHash64(hash)) @on_cluster
(
    round UInt64,
    workspace LowCardinality(String),
    hash FixedString(16),
    inserted_at DateTime DEFAULT now()
)
ENGINE = @engine(MergeTree)
ORDER BY (round, workspace, hash)
TTL inserted_at + INTERVAL 1 DAY;

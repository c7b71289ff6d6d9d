-- What judges say about settled traces, what that did cost, and what they were asked in batches.

-- One row per trace, judge version and revision of the trace; `version` is when it was written, so that of two writers the later one
-- wins. A verdict about an earlier revision stays, and is stale. `unscored` says why there is no score; `rubric` is a digest of what the
-- judge was told. Explanations and quotations expire with the texts that they quote.
CREATE TABLE IF NOT EXISTS @table(verdict_rows, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    verdict_id FixedString(16) CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    revision UInt64 CODEC(ZSTD(1)),
    dimension LowCardinality(String) CODEC(ZSTD(1)),
    judge_id LowCardinality(String) CODEC(ZSTD(1)),
    judge_version UInt16 CODEC(ZSTD(1)),
    judge_model LowCardinality(String) CODEC(ZSTD(1)),
    rubric LowCardinality(String) CODEC(ZSTD(1)),
    score Nullable(Float64) CODEC(ZSTD(1)),
    label LowCardinality(String) CODEC(ZSTD(1)),
    unscored LowCardinality(String) CODEC(ZSTD(1)),
    explanation String CODEC(ZSTD(3)),
    quotations String CODEC(ZSTD(3)),
    sampling_probability Float64 CODEC(ZSTD(1)),
    stratum LowCardinality(String) CODEC(ZSTD(1)),
    sampler_version UInt16 CODEC(ZSTD(1)),
    input_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    output_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    cache_read_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    cache_write_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    latency_ms Float64 CODEC(ZSTD(1)),
    request_id String CODEC(ZSTD(1)),
    dataset_version LowCardinality(String) CODEC(ZSTD(1)),
    conversation_id String CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    operation LowCardinality(String) CODEC(ZSTD(1)),
    model LowCardinality(String) CODEC(ZSTD(1)),
    prompt_version LowCardinality(String) CODEC(ZSTD(1)),
    route LowCardinality(String) CODEC(ZSTD(1)),
    cohort_keys Array(LowCardinality(String)) CODEC(ZSTD(1)),
    cohort_values Array(LowCardinality(String)) CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX inserted_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, toStartOfHour(start_time), trace_id, judge_id, judge_version, revision)
SETTINGS min_bytes_for_wide_part = 134217728;

-- Money that scorers reserved before a call (version 1), and what the call did cost (version 2).
CREATE TABLE IF NOT EXISTS @table(judge_spend, cityHash64(reservation)) @on_cluster
(
    reservation FixedString(16),
    scorer LowCardinality(String),
    at DateTime64(3, 'UTC'),
    usd Float64,
    version UInt8
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(at)
ORDER BY (at, reservation)
TTL toDateTime(at) + INTERVAL 40 DAY;

-- Traces that were handed in with a batch and have no verdict yet; `done` once the batch was collected. `task` says how they were drawn.
CREATE TABLE IF NOT EXISTS @table(judge_batches, cityHash64(batch_id)) @on_cluster
(
    batch_id String,
    scorer LowCardinality(String),
    judge_id LowCardinality(String),
    judge_version UInt16,
    workspace LowCardinality(String),
    trace_id String,
    revision UInt64,
    start_time DateTime64(9, 'UTC'),
    task String,
    reservation FixedString(16),
    reserved_at DateTime64(3, 'UTC'),
    reserved_usd Float64,
    done UInt8,
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, done)
ORDER BY (batch_id, workspace, trace_id)
TTL toDateTime(inserted_at) + INTERVAL 40 DAY;

-- Judges ask for the labels that were stored since they last looked.
ALTER TABLE @local(trace_labels) @on_cluster ADD INDEX IF NOT EXISTS inserted_minmax inserted_at TYPE minmax GRANULARITY 1;

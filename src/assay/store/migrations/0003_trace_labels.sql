-- Labels of whole traces: what their checks could be asked, which finding explains the others, and what the user let slip.

-- One row per trace that was looked at after it had gone quiet; `version` is when its last row was stored, so that what a late span
-- changes wins. What rates are grouped by is that of the answering call. A row of another hour, from before an earlier span was
-- known, is `retracted`.
CREATE TABLE IF NOT EXISTS @table(trace_labels, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    retracted UInt8 CODEC(ZSTD(1)),
    checks LowCardinality(String) CODEC(ZSTD(1)),
    primary_label LowCardinality(String) CODEC(ZSTD(1)),
    primary_stage LowCardinality(String) CODEC(ZSTD(1)),
    primary_severity LowCardinality(String) CODEC(ZSTD(1)),
    primary_span_id String CODEC(ZSTD(1)),
    primary_finding_id FixedString(16) CODEC(ZSTD(1)),
    signals Array(LowCardinality(String)) CODEC(ZSTD(1)),
    signal_traces Array(String) CODEC(ZSTD(1)),
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
    INDEX version_minmax version TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, toStartOfHour(start_time), trace_id)
SETTINGS min_bytes_for_wide_part = 134217728;

-- What is kept of a turn of a conversation to compare the next one with: content hashes, no texts.
CREATE TABLE IF NOT EXISTS @table(conversation_turns, cityHash64(conversation_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    conversation_id String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    model LowCardinality(String) CODEC(ZSTD(1)),
    system FixedString(16) CODEC(ZSTD(1)),
    messages Array(FixedString(16)) CODEC(ZSTD(1)),
    question FixedString(16) CODEC(ZSTD(1)),
    answer FixedString(16) CODEC(ZSTD(1)),
    input_tokens UInt64 CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, conversation_id, trace_id)
SETTINGS min_bytes_for_wide_part = 134217728, ttl_only_drop_parts = 1;

-- Ids of traces or conversations that somebody wants the rows of, by round: a list that would not fit into a statement.
CREATE TABLE IF NOT EXISTS @table(wanted_ids, cityHash64(id)) @on_cluster
(
    round UInt64,
    workspace LowCardinality(String),
    id String,
    inserted_at DateTime DEFAULT now()
)
ENGINE = @engine(MergeTree)
ORDER BY (round, workspace, id)
TTL inserted_at + INTERVAL 1 DAY;

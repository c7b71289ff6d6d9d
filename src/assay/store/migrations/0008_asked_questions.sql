-- Questions that documents were searched for, so that a trace that lacks a source can be held against those that found it.

-- One row per trace and question: no texts, only a key that questions of the same words have, and which documents were there. `example` is the
-- trace that a lacking one was last held against, empty where there was none.
CREATE TABLE IF NOT EXISTS @table(asked_questions, cityHash64(question)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    question FixedString(16) CODEC(NONE),
    trace_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    documents Array(FixedString(16)) CODEC(ZSTD(1)),
    document_ids Array(LowCardinality(String)) CODEC(ZSTD(1)),
    example String CODEC(ZSTD(1)),
    example_documents Array(LowCardinality(String)) CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX inserted_at_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, question, trace_id)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 134217728, ttl_only_drop_parts = 1;

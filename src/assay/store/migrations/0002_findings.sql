-- Labels: what checks found in spans, and which checks could be asked of a span.

ALTER TABLE @local(spans) @on_cluster ADD COLUMN IF NOT EXISTS checks LowCardinality(String) CODEC(ZSTD(3)) AFTER cohort_values;

-- Where the table is distributed, the table in front gets the column too; on one node it is there already.
ALTER TABLE spans @on_cluster ADD COLUMN IF NOT EXISTS checks LowCardinality(String) AFTER cohort_values;

-- One row per span, label and check: all evidence of it is in the row. The row of the highest version counts; `retracted` rows say
-- that a finding no longer holds. `span_id` is empty where the finding is about the whole trace. What rates are grouped by is here
-- too, so that no question about failures has to scan spans.
CREATE TABLE IF NOT EXISTS @table(finding_rows, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    finding_id FixedString(16) CODEC(NONE),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    retracted UInt8 CODEC(ZSTD(1)),
    label LowCardinality(String) CODEC(ZSTD(1)),
    check_id LowCardinality(String) CODEC(ZSTD(1)),
    check_version UInt16 CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    severity LowCardinality(String) CODEC(ZSTD(1)),
    confidence Float32 CODEC(ZSTD(1)),
    evidence String CODEC(ZSTD(3)),
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
    INDEX inserted_at_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY toMonday(start_time)
ORDER BY (workspace, toStartOfHour(start_time), trace_id, span_id, label, check_id)
SETTINGS min_bytes_for_wide_part = 134217728;

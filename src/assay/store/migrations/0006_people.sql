-- What people say of traces, and how far judges agree with them.

-- What a user said of an answer, or how a task ended: one row per statement, the id hashes what was said, of what, when and by whom.
-- Outcomes may arrive long after their trace. `value` is 0 to 1, NULL where the statement is no rating. A row without a trace id waits for
-- a span with its `response_id`. Few rows, and times that anybody may make up: no partitions.
CREATE TABLE IF NOT EXISTS @table(feedback_rows, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    feedback_id FixedString(16) CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    response_id String CODEC(ZSTD(1)),
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    value Nullable(Float64) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    comment String CODEC(ZSTD(3)),
    correction String CODEC(ZSTD(3)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    author String CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX inserted_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, inserted_at)
ORDER BY (workspace, trace_id, feedback_id)
SETTINGS min_bytes_for_wide_part = 134217728;

-- Feedback may name an answer by the provider's id alone.
ALTER TABLE @local(spans) @on_cluster ADD INDEX IF NOT EXISTS response_id_bloom response_id TYPE bloom_filter(0.01) GRANULARITY 1;

-- What a person said of one dimension of one trace; a labeller who says it again replaces what was said before (`version`: when it was
-- said). `probability` is that the trace was chosen for people, where it was not drawn here. `rubric` is the digest of the levels that
-- were shown, `rubric_of` the judge version whose levels they are. Labels cost people's time and outlive the traces.
CREATE TABLE IF NOT EXISTS @table(human_label_rows, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String) CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    dimension LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    labeller LowCardinality(String) CODEC(ZSTD(1)),
    rubric LowCardinality(String) CODEC(ZSTD(1)),
    rubric_of LowCardinality(String) CODEC(ZSTD(1)),
    value Nullable(Float64) CODEC(ZSTD(1)),
    label LowCardinality(String) CODEC(ZSTD(1)),
    comment String CODEC(ZSTD(3)),
    correction String CODEC(ZSTD(3)),
    probability Float64 CODEC(ZSTD(1)),
    conversation_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX inserted_minmax inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
ORDER BY (workspace, trace_id, dimension, source, labeller);

-- Traces that were drawn for people to label, by the judge whose verdicts they were drawn from: with which probability it judged the trace
-- and the trace was then chosen. Drawn again with a higher one, the higher one holds.
CREATE TABLE IF NOT EXISTS @table(label_draw_rows, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String),
    trace_id String,
    dimension LowCardinality(String),
    judge_id LowCardinality(String),
    probability SimpleAggregateFunction(max, Float64)
)
ENGINE = @engine(AggregatingMergeTree)
ORDER BY (workspace, trace_id, dimension, judge_id);

-- One row per round of calibration that found something new, by judge version (or check version, `check:<id>`) and source of labels:
-- coefficients with their intervals, the human ceiling, disagreements, and where the gate stands. `round` counts from 1, so that a round
-- that is run again writes the same row; `inputs` digests what went in. `coefficients` and `ceilings` are JSON, the gate's own coefficient
-- is in columns. `judge_model` and `rubric` are the judge's at that time.
CREATE TABLE IF NOT EXISTS @table(calibration_rows, cityHash64(judge_id)) @on_cluster
(
    workspace LowCardinality(String),
    judge_id LowCardinality(String),
    judge_version UInt16,
    dimension LowCardinality(String),
    source LowCardinality(String),
    round UInt32,
    at DateTime64(3, 'UTC'),
    judge_model LowCardinality(String),
    rubric LowCardinality(String),
    scale LowCardinality(String),
    coefficient LowCardinality(String),
    estimate Nullable(Float64),
    low Nullable(Float64),
    high Nullable(Float64),
    items UInt64,
    labellers UInt64,
    ceiling Nullable(Float64),
    sensitivity Nullable(Float64),
    sensitivity_low Nullable(Float64),
    sensitivity_high Nullable(Float64),
    specificity Nullable(Float64),
    specificity_low Nullable(Float64),
    specificity_high Nullable(Float64),
    threshold Float64,
    state LowCardinality(String),
    event LowCardinality(String),
    reason String,
    labels_needed Nullable(UInt64),
    coefficients String CODEC(ZSTD(3)),
    ceilings String CODEC(ZSTD(3)),
    false_positives Array(String),
    false_negatives Array(String),
    inputs String,
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, inserted_at)
ORDER BY (workspace, judge_id, judge_version, dimension, source, round);

-- Items that are kept to prove a suspended judge again: chosen once per dimension, when the first gate opens, and never changed.
CREATE TABLE IF NOT EXISTS @table(probe_items, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String),
    dimension LowCardinality(String),
    trace_id String,
    chosen_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree)
ORDER BY (workspace, dimension, trace_id);

-- What judges say of the probe set: when their gate opened, and whenever they have to prove themselves again. They stand in no rate.
CREATE TABLE IF NOT EXISTS @table(probe_verdicts, cityHash64(trace_id)) @on_cluster
(
    workspace LowCardinality(String),
    trace_id String,
    dimension LowCardinality(String),
    judge_id LowCardinality(String),
    judge_version UInt16,
    judge_model LowCardinality(String),
    rubric LowCardinality(String),
    score Nullable(Float64),
    unscored LowCardinality(String),
    cost_usd Nullable(Float64),
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, at)
ORDER BY (workspace, judge_id, judge_version, dimension, judge_model, rubric, trace_id);

-- What a replay of a regression set gave: one row per run, item and judge version. `dataset_version` digests the items; `score_before` is
-- that of the answer as it was, `score_after` that of the new one, both by this judge in this run; `error` says why there is no new answer.
CREATE TABLE IF NOT EXISTS @table(replay_rows, cityHash64(dataset)) @on_cluster
(
    workspace LowCardinality(String),
    dataset LowCardinality(String),
    dataset_version LowCardinality(String),
    run String,
    item String,
    trace_id String,
    conversation_id String,
    at DateTime64(3, 'UTC'),
    judge_id LowCardinality(String),
    judge_version UInt16,
    judge_model LowCardinality(String),
    rubric LowCardinality(String),
    dimension LowCardinality(String),
    score_before Nullable(Float64),
    score_after Nullable(Float64),
    label_before LowCardinality(String),
    label_after LowCardinality(String),
    unscored_before LowCardinality(String),
    unscored_after LowCardinality(String),
    explanation String CODEC(ZSTD(3)),
    output String CODEC(ZSTD(3)),
    error String CODEC(ZSTD(3)),
    cost_usd Nullable(Float64),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, inserted_at)
ORDER BY (workspace, dataset, dataset_version, run, item, judge_id, judge_version);

-- Verdicts that were sent on as events, so that none is sent again; `hour` is that of their trace, so that few are looked at.
CREATE TABLE IF NOT EXISTS @table(emitted_verdicts, cityHash64(verdict_id)) @on_cluster
(
    hour DateTime('UTC'),
    verdict_id FixedString(16),
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, at)
PARTITION BY toMonday(hour)
ORDER BY (hour, verdict_id)
TTL toDateTime(at) + INTERVAL 400 DAY;

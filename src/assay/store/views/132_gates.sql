-- Where each judge version (`check:<id>`: a check) stands with each source of labels now. One source decides: experts where they labelled,
-- then experts who saw the verdict (`corrected`), then end users. `may_alert` is 1 where the deciding source has the gate open; a judge
-- version without a row here is uncalibrated and may not. Versions that judge no longer keep their last row.
-- columns: workspace, judge_id, judge_version, judge_model, rubric, dimension, source, state, may_alert, decides, since (of the last round),
-- round, scale, coefficient, estimate, low, high, items, labellers, ceiling, sensitivity, sensitivity_low, sensitivity_high, specificity,
-- specificity_low, specificity_high, threshold, reason, labels_needed, coefficients, ceilings, false_positives, false_negatives
CREATE OR REPLACE VIEW @on_cluster gates AS
SELECT
    workspace, judge_id, judge_version, judge_model, rubric, dimension, source, state,
    toUInt8(decides AND state = 'open') AS may_alert, toUInt8(place = first_place) AS decides, since, round, scale, coefficient,
    estimate, low, high, items, labellers, ceiling, sensitivity, sensitivity_low, sensitivity_high, specificity, specificity_low,
    specificity_high, threshold, reason, labels_needed, coefficients, ceilings, false_positives, false_negatives
FROM
(
    SELECT
        *, time AS since,
        multiIf(state = 'uncalibrated', 9, source = 'expert', 0, source = 'corrected', 1, 2) AS place,
        min(place) OVER (PARTITION BY workspace, judge_id, judge_version, dimension) AS first_place
    FROM
    (
        SELECT * FROM calibrations ORDER BY round DESC LIMIT 1 BY workspace, judge_id, judge_version, dimension, source
    )
);

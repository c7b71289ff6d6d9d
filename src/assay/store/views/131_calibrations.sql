-- How far each judge version agrees with people, round by round: one row per round that found something new, judge version (`check:<id>`:
-- a check) and source of labels. `estimate` is the gate's coefficient (`mcc` where people say good or bad, `spearman` where they grade) with
-- its 95 % interval; `sensitivity` is the share of answers that people call bad which the judge calls bad too (below 0.5), `specificity` the
-- same of good ones. `state` is `uncalibrated` (no labels), `closed` (`low` is below `threshold`), `open`, or `suspended` (was open; has to
-- prove itself again on the probe set); `event` is what happened in this round: `opened`, `closed`, `fell`, `new_model`, `proved_again`.
-- columns: workspace, time, judge_id, judge_version, judge_model, rubric, dimension, source, round, scale, coefficient, estimate, low, high,
-- items, labellers, ceiling (agreement of two people on the same traces), sensitivity, sensitivity_low, sensitivity_high, specificity,
-- specificity_low, specificity_high, threshold, state, event, reason, labels_needed (about so many more open the gate; NULL: unknown, or none
-- would), coefficients, ceilings (JSON), false_positives (traces called bad by the judge and good by people), false_negatives
CREATE OR REPLACE VIEW @on_cluster calibrations AS
SELECT
    workspace, at AS time, judge_id, judge_version, judge_model, rubric, dimension, source, round, scale, coefficient, estimate, low, high,
    items, labellers, ceiling, sensitivity, sensitivity_low, sensitivity_high, specificity, specificity_low, specificity_high, threshold,
    state, event, reason, labels_needed, coefficients, ceilings, false_positives, false_negatives
FROM calibration_rows FINAL;

-- Rates of bad answers (score below 0.5) as people would call them, by day and cohort: what a judge version says, freed from how often it
-- errs by the labels of its deciding gate (Rogan and Gladen, https://doi.org/10.1093/oxfordjournals.aje.a112510, with their standard error).
-- Judge versions without labels of bad and of good answers, or no better than chance, are not here. The error is taken to be the same in
-- every cohort. The interval is one for many labels and verdicts; with few (some dozen) `assay quality` has the one that holds. Rates are not
-- to be averaged over rows: merge `bad_weight` and `weight` of scores, then correct.
-- columns: workspace, day, dimension, judge_id, judge_version, source (of the labels), service, prompt_version, verdicts, apparent_rate (what
-- the judge says), rate, low, high (95 %), sensitivity, specificity, may_alert
CREATE OR REPLACE VIEW @on_cluster corrected_rates AS
SELECT
    workspace, day, dimension, judge_id, judge_version, source, service, prompt_version, verdicts, apparent_rate, rate,
    greatest(rate - 1.96 * error, 0) AS low, least(rate + 1.96 * error, 1) AS high, sensitivity, specificity, may_alert
FROM
(
    SELECT
        s.workspace AS workspace, s.day AS day, s.dimension AS dimension, s.judge_id AS judge_id, s.judge_version AS judge_version,
        g.source AS source, s.service AS service, s.prompt_version AS prompt_version, s.verdicts AS verdicts, s.apparent AS apparent_rate,
        g.sensitivity AS sensitivity, g.specificity AS specificity, g.may_alert AS may_alert, g.sensitivity + g.specificity - 1 AS skill,
        greatest(least((apparent_rate + g.specificity - 1) / skill, 1), 0) AS rate,
        -- A standard error by its interval: 2 × 1.96 of them from end to end.
        pow((g.sensitivity_high - g.sensitivity_low) / 3.92, 2) AS sensitivity_variance,
        pow((g.specificity_high - g.specificity_low) / 3.92, 2) AS specificity_variance,
        sqrt(apparent_rate * (1 - apparent_rate) / s.worth + rate * rate * sensitivity_variance
            + (1 - rate) * (1 - rate) * specificity_variance) / skill AS error
    FROM
    (
        SELECT
            workspace, toDate(hour) AS day, dimension, judge_id, judge_version, service, prompt_version, sum(c.verdicts) AS verdicts,
            sum(c.bad_weight) / sum(c.weight) AS apparent, sum(c.weight) * sum(c.weight) / sum(c.squared_weight) AS worth
        FROM scores AS c
        GROUP BY workspace, day, dimension, judge_id, judge_version, service, prompt_version
        HAVING sum(c.weight) > 0
    ) AS s
    INNER JOIN
    (
        SELECT
            workspace, dimension, judge_id, judge_version, source, may_alert, assumeNotNull(sensitivity) AS sensitivity,
            assumeNotNull(sensitivity_low) AS sensitivity_low, assumeNotNull(sensitivity_high) AS sensitivity_high,
            assumeNotNull(specificity) AS specificity, assumeNotNull(specificity_low) AS specificity_low,
            assumeNotNull(specificity_high) AS specificity_high
        FROM gates AS one
        WHERE decides AND isNotNull(one.sensitivity) AND isNotNull(one.specificity) AND one.sensitivity_low + one.specificity_low > 1
    ) AS g ON g.workspace = s.workspace AND g.dimension = s.dimension AND g.judge_id = s.judge_id AND g.judge_version = s.judge_version
);

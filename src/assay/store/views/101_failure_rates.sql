-- How often each check finds something, by hour, service, model and prompt version: `failed` of `asked`. Checks of single spans are
-- asked of spans; those over whole traces (`trace.*`) of settled traces, in the hour that the trace began, by what its answering call
-- says. Only what the question could be asked of is in the denominator. A rate is sum(failed) / sum(asked) over the rows that you
-- merge; the label is empty where nothing was found in the hour.
-- columns: workspace, hour, service, model, prompt_version, check_id, label, failed, asked
CREATE OR REPLACE VIEW @on_cluster failure_rates AS
SELECT
    workspace, hour, service, model, prompt_version, check_id, max(found) AS label, sum(f) AS failed, sum(a) AS asked
FROM
(
    SELECT
        workspace, hour, service, model, prompt_version, splitByChar('@', asked_of)[1] AS check_id, '' AS found,
        toUInt64(0) AS f, n AS a
    FROM
    (
        SELECT
            workspace, toStartOfHour(start_time) AS hour, service, if(response_model != '', response_model, request_model) AS model,
            prompt_version, checks, count() AS n
        FROM spans FINAL
        WHERE checks != ''
        GROUP BY workspace, hour, service, model, prompt_version, checks
        SETTINGS do_not_merge_across_partitions_select_final = 1
        UNION ALL
        SELECT workspace, toStartOfHour(start_time) AS hour, service, model, prompt_version, checks, count() AS n
        FROM trace_labels FINAL
        WHERE checks != '' AND retracted = 0
        GROUP BY workspace, hour, service, model, prompt_version, checks
        SETTINGS do_not_merge_across_partitions_select_final = 1
    )
    ARRAY JOIN splitByChar(',', toString(checks)) AS asked_of
    UNION ALL
    SELECT
        workspace, toStartOfHour(start_time) AS hour, service, model, prompt_version, toString(check_id) AS check_id,
        toString(label) AS found, toUInt64(1) AS f, toUInt64(0) AS a
    FROM finding_rows FINAL
    WHERE retracted = 0 AND (span_id != '' OR startsWith(check_id, 'trace.'))
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
GROUP BY workspace, hour, service, model, prompt_version, check_id;

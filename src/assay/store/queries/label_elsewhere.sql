-- Traces that lack a source and are to be held against another trace than they were: one with the same question, of the day before, the same day or the
-- next (UTC), that was answered from documents. None where any of those that were answered so rests on a document that is here; else the earliest.
-- params: round UInt64 (of wanted_ids: questions as hex); from, to DateTime64(9) (start of traces)
-- returns: workspace, trace_id, start_ns, example (empty: none any more), example_documents
WITH wanted AS (SELECT workspace, toFixedString(unhex(id), 16) AS question FROM wanted_ids WHERE round = {round:UInt64})
SELECT
    workspace, trace_id, toUnixTimestamp64Nano(any(start)) AS start_ns,
    countIf(is_near) > 0 AND NOT max(is_near AND is_here) AS is_elsewhere,
    if(is_elsewhere, argMinIf(found_by, (found_at, found_by), is_near), '') AS example,
    if(is_elsewhere, argMinIf(found, (found_at, found_by), is_near), []) AS example_documents
FROM
(
    SELECT
        lacking.workspace AS workspace, lacking.trace_id AS trace_id, lacking.start_time AS start, lacking.example AS before,
        found.trace_id AS found_by, found.first AS found_at, found.document_ids AS found,
        found_by != '' AND abs(dateDiff('day', toDate(lacking.start_time), found.day)) <= 1 AS is_near,
        hasAny(lacking.documents, found.documents) OR hasAny(lacking.document_ids, found.document_ids) AS is_here
    FROM
    (
        SELECT workspace, question, trace_id, start_time, documents, document_ids, example
        FROM asked_questions FINAL
        WHERE (workspace, question) IN wanted AND standing = 'lacking'
            AND start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    ) AS lacking
    LEFT JOIN
    (
        SELECT
            workspace, question, toDate(start_time) AS day, documents, document_ids,
            min(start_time) AS first, argMin(trace_id, (start_time, trace_id)) AS trace_id
        FROM asked_questions FINAL
        WHERE (workspace, question) IN wanted AND standing = 'answered'
            AND start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
        GROUP BY workspace, question, day, documents, document_ids
    ) AS found ON lacking.workspace = found.workspace AND lacking.question = found.question
)
GROUP BY workspace, trace_id
HAVING example != any(before)
ORDER BY start_ns, workspace, trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1

-- Tools that models asked for: how often, and whether they had been offered.
-- returns: service, model, tool, asked, not_offered
SELECT service, model, name AS tool, count() AS asked, countIf(notEmpty(tool_definition_names) AND NOT has(tool_definition_names, name)) AS not_offered
FROM
(
    SELECT service, model, tool_definition_names, arrayJoin(tool_call_names) AS name
    FROM spans_live
    WHERE stage = 'generation' AND counts AND notEmpty(tool_call_names) AND
        @where spans
)
GROUP BY service, model, tool ORDER BY not_offered DESC, asked DESC LIMIT 100

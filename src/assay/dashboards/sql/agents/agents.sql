-- Each agent: invocations, failures, latency.
-- returns: service, agent, invocations, failed, p50_ms, p95_ms
SELECT service, if(agent_name = '', name, agent_name) AS agent, count() AS invocations, countIf(status = 'error') / count() AS failed, quantile(0.5)(duration_ms) AS p50_ms, quantile(0.95)(duration_ms) AS p95_ms
FROM spans_live
WHERE stage = 'agent' AND
    @where spans
GROUP BY service, agent ORDER BY invocations DESC LIMIT 100

-- Share of retrievals that returned no document, by service.
-- returns: time, service, empty
SELECT $__timeInterval(start_time) AS time, toString(service) AS service, countIf(empty(document_ids)) / count() AS empty
FROM spans_live
WHERE stage = 'retrieval' AND
    @where spans
GROUP BY time, service ORDER BY time, service

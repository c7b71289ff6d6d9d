-- Best score of each retrieval: median and the worst twentieth, by data source.
-- returns: time, data_source, median, worst_twentieth
WITH arrayMax(arrayFilter(x -> NOT isNaN(x), document_scores)) AS best
SELECT $__timeInterval(start_time) AS time, toString(data_source) AS data_source, quantile(0.5)(best) AS median, quantile(0.05)(best) AS worst_twentieth
FROM spans_live
WHERE stage = 'retrieval' AND arrayExists(x -> NOT isNaN(x), document_scores) AND
    @where spans
GROUP BY time, data_source ORDER BY time, data_source

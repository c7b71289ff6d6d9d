-- Whether any log record is stored: joining is skipped where nobody sends them.
-- returns: any_logs
SELECT count() > 0 AS any_logs FROM (SELECT 1 FROM log_records LIMIT 1)

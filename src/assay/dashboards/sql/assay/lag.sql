-- Seconds since the newest span was stored, and how far settling and rollups are behind.
-- returns: newest_span, settling, rollups
SELECT newest_span_seconds AS newest_span, settle_seconds AS settling, rollup_seconds AS rollups FROM upkeep

-- Seconds that settling or rollups are behind, whichever is more.
-- returns: value
SELECT greatest(ifNull(settle_seconds, 0), ifNull(rollup_seconds, 0)) AS value FROM upkeep

-- Verdicts that were stored in a window and not sent on yet, the oldest first; a verdict that was stored again counts once. What a judge
-- could not be asked is left out.
-- params: since, until DateTime64(3) (when verdicts were stored), slots Array(UInt8), limit UInt32
-- returns: id (hexadecimal), stored (the insertion of its last row), start_ns (of its trace), waiting (how many there are in all)
SELECT hex(verdict_id) AS id, stored, toUnixTimestamp64Nano(started) AS start_ns, count() OVER () AS waiting
FROM
(
    SELECT verdict_rows.verdict_id AS verdict_id, max(inserted_at) AS stored, min(start_time) AS started
    FROM verdict_rows
    WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')}
        AND unscored != 'not_applicable' AND cityHash64(trace_id) % 64 IN {slots:Array(UInt8)}
    GROUP BY verdict_id
)
WHERE verdict_id NOT IN
(
    SELECT verdict_id FROM emitted_verdicts
    WHERE hour >=
    (
        SELECT toStartOfHour(min(start_time)) FROM verdict_rows
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')}
    )
    AND verdict_id IN
    (
        SELECT verdict_id FROM verdict_rows
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')}
    )
)
ORDER BY stored, verdict_id
LIMIT {limit:UInt32}

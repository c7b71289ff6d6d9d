-- Whether settling has looked at everything that was inserted.
-- returns: settled
SELECT
    (SELECT max(watermark) FROM progress WHERE name = 'settle') >= (SELECT max(inserted_at) FROM spans) AS settled

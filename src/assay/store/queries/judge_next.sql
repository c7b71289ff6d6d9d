-- When the first label after a time was stored; 1970 where there is none.
-- params: since DateTime64(3)
-- returns: first
SELECT min(inserted_at) AS first FROM trace_labels WHERE inserted_at > {since:DateTime64(3, 'UTC')}

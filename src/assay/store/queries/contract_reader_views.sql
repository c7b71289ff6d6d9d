-- Views that a reader may ask.
-- returns: name
SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name

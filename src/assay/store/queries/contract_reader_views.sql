-- Views that a reader may ask by their names; rollup_between takes parameters.
-- returns: name
SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' AND name != 'rollup_between' ORDER BY name

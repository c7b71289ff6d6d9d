-- How tables and views of this database are kept, with their time to live.
-- returns: name, engine, definition
SELECT name, engine, create_table_query AS definition FROM system.tables WHERE database = currentDatabase() ORDER BY name

-- Which scripts have run here.
-- returns: name, checksum
SELECT name, checksum FROM schema_scripts FINAL

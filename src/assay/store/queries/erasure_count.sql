-- How many erasures were carried out; writers forget what they know about stored texts when it changes.
-- returns: erasures
SELECT count() AS erasures FROM erasures

-- Which labels of failures stand for which dimension that people rate.
-- returns: label, dimension
SELECT label, dimension FROM dimensions ORDER BY label

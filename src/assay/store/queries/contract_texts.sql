-- Answers whose text cannot be read.
-- returns: answers, unreadable
SELECT count() AS answers, countIf(t.hash IS NULL) AS unreadable
FROM (SELECT answer FROM spans_live WHERE answer != toFixedString('', 16)) AS s
LEFT JOIN texts AS t ON t.hash = s.answer
SETTINGS join_use_nulls = 1

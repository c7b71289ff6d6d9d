-- Who answers.
-- returns: version, timezone, username
SELECT version() AS version, timezone() AS timezone, currentUser() AS username

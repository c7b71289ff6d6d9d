-- Whether this user may write into a table: an insert of no row, which is refused like any other.
-- params: table Identifier
INSERT INTO {table:Identifier} SELECT * FROM {table:Identifier} WHERE 0

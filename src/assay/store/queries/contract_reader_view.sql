-- A row of a view.
-- params: view Identifier
SELECT * FROM {view:Identifier} LIMIT 1

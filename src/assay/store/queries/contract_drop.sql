-- Everything that `assay doctor --store` made; rendered like a migration.
-- params: database Identifier
DROP DATABASE IF EXISTS {database:Identifier} @on_cluster SYNC

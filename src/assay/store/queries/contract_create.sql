-- A database of its own for `assay doctor --store`; rendered like a migration.
-- params: database Identifier
CREATE DATABASE IF NOT EXISTS {database:Identifier} @on_cluster

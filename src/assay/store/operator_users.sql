-- Users of a ClickHouse server with least privilege, for an administrator; Assay itself never runs this. Put passwords in, and a
-- cluster: `CREATE USER name ON CLUSTER '...' ...`. The database is `assay` here.
--
-- assay_migrate   `assay migrate` (the chart's Job): makes and alters tables and views.
-- assay_write     `assay receive`, `assay settle`, `assay serve`: writes rows, deletes rows (erasure, superseded rollups).
-- assay_read      Grafana and people: reads, with limits that it cannot lift (0 means "no limit", hence MIN 1).
--
-- With `store.cluster` also: GRANT CLUSTER ON *.* TO assay_migrate, assay_write. Then prove it, as a user that may make databases:
-- assay doctor --store --dsn ... --reader http://assay_read:...@host:8123/assay
CREATE DATABASE IF NOT EXISTS assay;

CREATE USER IF NOT EXISTS assay_migrate IDENTIFIED WITH sha256_password BY 'change me';
GRANT SELECT, INSERT, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER TABLE, ALTER VIEW, TRUNCATE ON assay.* TO assay_migrate;
GRANT SELECT ON system.tables TO assay_migrate;

CREATE USER IF NOT EXISTS assay_write IDENTIFIED WITH sha256_password BY 'change me';
GRANT SELECT, INSERT, ALTER DELETE ON assay.* TO assay_write;
GRANT SELECT ON system.parts TO assay_write;

CREATE SETTINGS PROFILE IF NOT EXISTS assay_read SETTINGS
    readonly = 2,
    max_execution_time = 30 MIN 1 MAX 30,
    max_memory_usage = 2147483648 MIN 1 MAX 2147483648,
    max_result_rows = 1000000 MIN 1 MAX 1000000,
    max_concurrent_queries_for_user = 8 MIN 1 MAX 8;
CREATE USER IF NOT EXISTS assay_read IDENTIFIED WITH sha256_password BY 'change me' SETTINGS PROFILE assay_read;
GRANT SELECT, SHOW TABLES, SHOW COLUMNS ON assay.* TO assay_read;

-- A reader of one workspace only: a user like assay_read, and a policy on every table that holds rows of workspaces. Once a table has
-- a policy, whoever has none reads everything or nothing, as the server's users_without_row_policies_can_read_rows says.
-- CREATE ROW POLICY IF NOT EXISTS assay_payments ON assay.spans, assay.spans_raw, assay.bodies, assay.log_records, assay.evaluations,
--     assay.rollups, assay.finding_rows, assay.trace_labels, assay.conversation_turns, assay.asked_questions, assay.settle_marks, assay.wanted_bodies,
--     assay.wanted_ids, assay.erasures
--     USING workspace = 'payments' TO assay_read_payments;

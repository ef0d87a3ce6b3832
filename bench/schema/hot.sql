-- No index knows a column that UpdateStatus writes, so that an update can be HOT where its page has room.
DROP INDEX idx_workflow_catalog_status;
DROP INDEX idx_workflow_catalog_success_rate;
-- The predicate counts, too: without it the index serves the same queries, and the status is looked up in the row.
CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);

-- No index knows what UpdateStatus writes, and each page has room for new versions of its rows.
DROP INDEX idx_workflow_catalog_status;
DROP INDEX idx_workflow_catalog_success_rate;
CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);
ALTER TABLE remediation_workflow_catalog SET (fillfactor = 80);

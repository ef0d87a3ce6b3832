-- Two more indexes that serve a status page: what each further index costs an update.
CREATE INDEX idx_workflow_catalog_status_updated ON remediation_workflow_catalog (status, updated_at DESC);
CREATE INDEX idx_workflow_catalog_updated_by ON remediation_workflow_catalog (updated_by);

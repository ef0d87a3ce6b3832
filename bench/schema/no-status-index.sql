-- Without the index on status. The other index that knows the status, on the success rate of active workflows, stays and still forbids HOT.
DROP INDEX idx_workflow_catalog_status;

-- Without the trigger on updated_at: what plpgsql costs. Not correct for writers that do not set updated_at themselves; UpdateStatus does.
DROP TRIGGER trg_workflow_catalog_updated_at ON remediation_workflow_catalog;

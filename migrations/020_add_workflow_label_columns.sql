-- Labels that a customer sets and labels that were detected in the cluster are matched differently from the mandatory
-- ones, so each kind has a column. The catalogue is read all the time: its indexes are built without locking it.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS custom_labels JSONB NOT NULL DEFAULT '{}'::jsonb;
ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS detected_labels JSONB NOT NULL DEFAULT '{}'::jsonb;

-- Each statement is on its own, so all can be repeated. A broken-off build leaves an INVALID index; drop that one first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_workflow_catalog_custom_labels
    ON remediation_workflow_catalog USING gin (custom_labels);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_workflow_catalog_detected_labels
    ON remediation_workflow_catalog USING gin (detected_labels);

COMMENT ON COLUMN remediation_workflow_catalog.custom_labels IS 'Labels set by the customer; an object of lists';
COMMENT ON COLUMN remediation_workflow_catalog.detected_labels IS 'Labels found in the cluster; an object of scalars';

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS idx_workflow_catalog_detected_labels;
DROP INDEX CONCURRENTLY IF EXISTS idx_workflow_catalog_custom_labels;
ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS detected_labels;
ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS custom_labels;

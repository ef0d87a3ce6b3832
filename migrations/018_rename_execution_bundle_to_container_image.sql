-- What is run is a container image; "bundle" was one engine's word for it.

-- +goose Up
ALTER TABLE remediation_workflow_catalog RENAME COLUMN execution_bundle TO container_image;
ALTER TABLE remediation_workflow_catalog RENAME COLUMN execution_bundle_digest TO container_digest;
ALTER INDEX idx_workflow_catalog_bundle_digest RENAME TO idx_workflow_catalog_container_digest;
COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

-- +goose Down
COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the bundle; sha256: and 64 hex digits';
COMMENT ON COLUMN remediation_workflow_catalog.container_image IS NULL;
ALTER INDEX idx_workflow_catalog_container_digest RENAME TO idx_workflow_catalog_bundle_digest;
ALTER TABLE remediation_workflow_catalog RENAME COLUMN container_digest TO execution_bundle_digest;
ALTER TABLE remediation_workflow_catalog RENAME COLUMN container_image TO execution_bundle;

-- A workflow states which parameters it takes and which engine runs it, so that a caller can check a request before
-- anything is started.

-- +goose Up
ALTER TABLE remediation_workflow_catalog
    ADD COLUMN parameters              JSONB,
    ADD COLUMN execution_engine        VARCHAR(50) NOT NULL DEFAULT 'tekton',
    ADD COLUMN execution_bundle_digest VARCHAR(71);

-- +goose StatementBegin
-- A bundle that was stored as name@sha256:<hex> names its digest already. Filling that in is no edit: updated_at stays.
ALTER TABLE remediation_workflow_catalog DISABLE TRIGGER trg_workflow_catalog_updated_at;

DO $$
DECLARE
    filled INTEGER;
BEGIN
    UPDATE remediation_workflow_catalog
    SET execution_bundle_digest = substring(execution_bundle FROM '@(sha256:[0-9a-f]{64})$')
    WHERE execution_bundle LIKE '%@sha256:%';
    GET DIAGNOSTICS filled = ROW_COUNT;
    RAISE DEBUG 'digest taken from the bundle for % workflows; the others keep NULL', filled;
END
$$;

ALTER TABLE remediation_workflow_catalog ENABLE TRIGGER trg_workflow_catalog_updated_at;
-- +goose StatementEnd

CREATE INDEX idx_workflow_catalog_bundle_digest ON remediation_workflow_catalog (execution_bundle_digest)
    WHERE execution_bundle_digest IS NOT NULL;

COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
COMMENT ON COLUMN remediation_workflow_catalog.execution_bundle_digest IS 'Digest that pins the bundle; sha256: and 64 hex digits';

-- +goose Down
DROP INDEX idx_workflow_catalog_bundle_digest;
ALTER TABLE remediation_workflow_catalog
    DROP COLUMN execution_bundle_digest,
    DROP COLUMN execution_engine,
    DROP COLUMN parameters;

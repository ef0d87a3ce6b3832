-- Why a workflow has its status: disabled_reason holds that for one status only, and is kept when the status moves on.

-- +goose Up
ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS status_reason TEXT;
COMMENT ON COLUMN remediation_workflow_catalog.status_reason IS 'Why the status was last changed; written with every change';

-- +goose Down
ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS status_reason;

-- The catalogue of remediation workflows: what can be run, in which versions, and how well it has worked.

-- +goose Up
-- +goose StatementBegin
CREATE TABLE remediation_workflow_catalog (
    workflow_id               VARCHAR(255) NOT NULL,
    version                   VARCHAR(50)  NOT NULL,

    name                      VARCHAR(255) NOT NULL,
    description               TEXT         NOT NULL,
    owner                     VARCHAR(255),
    maintainer                VARCHAR(255),

    content                   TEXT         NOT NULL,
    content_hash              VARCHAR(64)  NOT NULL,
    labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

    status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
    disabled_at               TIMESTAMPTZ,
    disabled_by               VARCHAR(255),
    disabled_reason           TEXT,

    is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
    previous_version          VARCHAR(50),
    version_notes             TEXT,
    change_summary            TEXT,
    approved_by               VARCHAR(255),
    approved_at               TIMESTAMPTZ,
    approval_notes            TEXT,

    expected_success_rate     NUMERIC(4,3),
    expected_duration_seconds INTEGER,
    actual_success_rate       NUMERIC(4,3),
    total_executions          INTEGER      NOT NULL DEFAULT 0,
    successful_executions     INTEGER      NOT NULL DEFAULT 0,

    execution_bundle          TEXT,

    created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    created_by                VARCHAR(255),
    updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_by                VARCHAR(255),

    PRIMARY KEY (workflow_id, version),
    CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
    CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
    CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
    CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
    CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
    CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
);
-- +goose StatementEnd

CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_id, is_latest_version) WHERE is_latest_version;
CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';

-- +goose Down
DROP TABLE remediation_workflow_catalog;

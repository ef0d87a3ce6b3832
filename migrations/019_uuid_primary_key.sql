-- Callers name a workflow by one opaque id. The readable name moves to workflow_name, and the table is rebuilt because a
-- primary key cannot change its type and its meaning in place.

-- +goose Up
-- +goose StatementBegin
CREATE TABLE remediation_workflow_catalog_new (
    workflow_id               UUID         NOT NULL DEFAULT uuid_generate_v4(),
    workflow_name             VARCHAR(255) NOT NULL,
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

    container_image           TEXT,
    container_digest          VARCHAR(71),
    parameters                JSONB,
    execution_engine          VARCHAR(50)  NOT NULL DEFAULT 'tekton',

    created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    created_by                VARCHAR(255),
    updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_by                VARCHAR(255),

    -- the key's index may not bear the old one's name while both tables stand
    CONSTRAINT remediation_workflow_catalog_new_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT uq_workflow_name_version UNIQUE (workflow_name, version),
    CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
    CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
    CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
    CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
    CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
    CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
);

INSERT INTO remediation_workflow_catalog_new (
    workflow_name, version, name, description, owner, maintainer, content, content_hash, labels,
    status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
    approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
    total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
    created_at, created_by, updated_at, updated_by)
SELECT
    workflow_id, version, name, description, owner, maintainer, content, content_hash, labels,
    status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
    approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
    total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
    created_at, created_by, updated_at, updated_by
FROM remediation_workflow_catalog;

DROP TABLE remediation_workflow_catalog;
ALTER TABLE remediation_workflow_catalog_new RENAME TO remediation_workflow_catalog;
ALTER INDEX remediation_workflow_catalog_new_pkey RENAME TO remediation_workflow_catalog_pkey;
-- +goose StatementEnd

-- +goose StatementBegin
-- PostgreSQL 18 names NOT NULL constraints after the table as it was called then; before 18 the loop finds none.
DO $$
DECLARE
    old_name TEXT;
BEGIN
    FOR old_name IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = 'remediation_workflow_catalog'::regclass AND contype = 'n' AND conname LIKE '%\_catalog\_new\_%'
    LOOP
        EXECUTE format('ALTER TABLE remediation_workflow_catalog RENAME CONSTRAINT %I TO %I',
                       old_name, replace(old_name, '_catalog_new_', '_catalog_'));
    END LOOP;
END
$$;
-- +goose StatementEnd

CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
CREATE INDEX idx_workflow_catalog_workflow_name ON remediation_workflow_catalog (workflow_name);
CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_name, is_latest_version) WHERE is_latest_version;
CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
    WHERE container_digest IS NOT NULL;
CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';
COMMENT ON COLUMN remediation_workflow_catalog.workflow_id IS 'Opaque id of one version; the readable name is workflow_name';
COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

-- +goose Down
-- +goose StatementBegin
CREATE TABLE remediation_workflow_catalog_old (
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

    container_image           TEXT,

    created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    created_by                VARCHAR(255),
    updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_by                VARCHAR(255),

    parameters                JSONB,
    execution_engine          VARCHAR(50)  NOT NULL DEFAULT 'tekton',
    container_digest          VARCHAR(71),

    CONSTRAINT remediation_workflow_catalog_old_pkey PRIMARY KEY (workflow_id, version),
    CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
    CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
    CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
    CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
    CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
    CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
);

-- The rows stay; their ids do not, and the way up gives them new ones.
INSERT INTO remediation_workflow_catalog_old (
    workflow_id, version, name, description, owner, maintainer, content, content_hash, labels,
    status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
    approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
    total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
    created_at, created_by, updated_at, updated_by)
SELECT
    workflow_name, version, name, description, owner, maintainer, content, content_hash, labels,
    status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
    approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
    total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
    created_at, created_by, updated_at, updated_by
FROM remediation_workflow_catalog;

DROP TABLE remediation_workflow_catalog;
ALTER TABLE remediation_workflow_catalog_old RENAME TO remediation_workflow_catalog;
ALTER INDEX remediation_workflow_catalog_old_pkey RENAME TO remediation_workflow_catalog_pkey;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
    old_name TEXT;
BEGIN
    FOR old_name IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = 'remediation_workflow_catalog'::regclass AND contype = 'n' AND conname LIKE '%\_catalog\_old\_%'
    LOOP
        EXECUTE format('ALTER TABLE remediation_workflow_catalog RENAME CONSTRAINT %I TO %I',
                       old_name, replace(old_name, '_catalog_old_', '_catalog_'));
    END LOOP;
END
$$;
-- +goose StatementEnd

CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_id, is_latest_version) WHERE is_latest_version;
CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
    WHERE container_digest IS NOT NULL;
CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';
COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

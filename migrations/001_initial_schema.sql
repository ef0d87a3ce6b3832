-- The history of remediation actions: which resource was touched, by which action, for which alert, and whether
-- actions on one resource undo each other. Traces are partitioned so that old ones can be dropped, not deleted.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger AS $$
BEGIN
    NEW.updated_at = NOW();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TABLE resource_references (
    id           BIGSERIAL PRIMARY KEY,
    resource_uid VARCHAR(36)  NOT NULL UNIQUE,
    api_version  VARCHAR(100) NOT NULL,
    kind         VARCHAR(100) NOT NULL,
    name         VARCHAR(253) NOT NULL,
    namespace    VARCHAR(63),
    created_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    last_seen    TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    deleted_at   TIMESTAMPTZ,
    CONSTRAINT uq_resource_references_object UNIQUE (namespace, kind, name)
);
CREATE INDEX idx_resource_references_last_seen ON resource_references (last_seen);
CREATE INDEX idx_resource_references_kind ON resource_references (lower(kind)) WHERE deleted_at IS NULL;

CREATE TABLE action_histories (
    id             BIGSERIAL PRIMARY KEY,
    resource_id    BIGINT      NOT NULL UNIQUE REFERENCES resource_references (id) ON DELETE CASCADE,
    max_actions    INTEGER     NOT NULL DEFAULT 1000,
    retention_days INTEGER     NOT NULL DEFAULT 30,
    total_actions  INTEGER     NOT NULL DEFAULT 0,
    last_action_at TIMESTAMPTZ,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT action_histories_limits_check CHECK (max_actions > 0 AND retention_days BETWEEN 1 AND 3650)
);
CREATE TRIGGER trg_action_histories_updated_at BEFORE UPDATE ON action_histories
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TABLE resource_action_traces (
    id                  BIGSERIAL,
    action_history_id   BIGINT       NOT NULL REFERENCES action_histories (id) ON DELETE CASCADE,
    action_id           VARCHAR(64)  NOT NULL,
    correlation_id      VARCHAR(64),
    action_timestamp    TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    alert_name          VARCHAR(200) NOT NULL,
    alert_severity      VARCHAR(20)  NOT NULL,
    alert_labels        JSONB        NOT NULL DEFAULT '{}'::jsonb,
    alert_firing_time   TIMESTAMPTZ,
    model_used          VARCHAR(100) NOT NULL,
    model_confidence    NUMERIC(4,3) NOT NULL,
    action_type         VARCHAR(50)  NOT NULL,
    action_parameters   JSONB,
    execution_status    VARCHAR(20)  NOT NULL DEFAULT 'pending',
    execution_error     TEXT,
    effectiveness_score NUMERIC(4,3),
    created_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    -- a key of a partitioned table contains the partition column
    PRIMARY KEY (id, action_timestamp),
    CONSTRAINT action_traces_severity_check CHECK (alert_severity IN ('info', 'warning', 'critical')),
    CONSTRAINT action_traces_status_check CHECK (execution_status IN ('pending', 'executing', 'completed', 'failed', 'rolled_back')),
    CONSTRAINT action_traces_confidence_check CHECK (model_confidence BETWEEN 0 AND 1),
    CONSTRAINT action_traces_score_check CHECK (effectiveness_score BETWEEN 0 AND 1)
) PARTITION BY RANGE (action_timestamp);
CREATE TABLE resource_action_traces_default PARTITION OF resource_action_traces DEFAULT;

CREATE INDEX idx_action_traces_history ON resource_action_traces (action_history_id, action_timestamp DESC);
CREATE INDEX idx_action_traces_alert_name ON resource_action_traces (lower(alert_name));
CREATE INDEX idx_action_traces_open ON resource_action_traces (action_timestamp) WHERE execution_status IN ('pending', 'executing');
CREATE TRIGGER trg_action_traces_updated_at BEFORE UPDATE ON resource_action_traces
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TABLE oscillation_patterns (
    id                  BIGSERIAL PRIMARY KEY,
    pattern_type        VARCHAR(50)  NOT NULL,
    pattern_name        VARCHAR(200) NOT NULL UNIQUE,
    min_occurrences     INTEGER      NOT NULL DEFAULT 3 CHECK (min_occurrences > 1),
    time_window_minutes INTEGER      NOT NULL DEFAULT 120 CHECK (time_window_minutes > 0),
    prevention_strategy VARCHAR(50)  NOT NULL DEFAULT 'alert',
    active              BOOLEAN      NOT NULL DEFAULT TRUE,
    created_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    CONSTRAINT oscillation_patterns_type_check CHECK (pattern_type IN ('scale_oscillation', 'resource_thrashing', 'ineffective_loop')),
    CONSTRAINT oscillation_patterns_strategy_check CHECK (prevention_strategy IN ('block_action', 'escalate', 'cooldown', 'alert'))
);
CREATE TRIGGER trg_oscillation_patterns_updated_at BEFORE UPDATE ON oscillation_patterns
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TABLE oscillation_detections (
    id               BIGSERIAL PRIMARY KEY,
    pattern_id       BIGINT       NOT NULL REFERENCES oscillation_patterns (id),
    resource_id      BIGINT       NOT NULL REFERENCES resource_references (id) ON DELETE CASCADE,
    detected_at      TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    confidence       NUMERIC(4,3) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    action_count     INTEGER      NOT NULL CHECK (action_count > 0),
    resolved_at      TIMESTAMPTZ,
    resolution_notes TEXT
);
CREATE INDEX idx_oscillation_detections_open ON oscillation_detections (resource_id, detected_at DESC) WHERE resolved_at IS NULL;

INSERT INTO oscillation_patterns (pattern_type, pattern_name, min_occurrences, time_window_minutes, prevention_strategy) VALUES
    ('scale_oscillation',  'replicas up; replicas down', 4, 120, 'block_action'),
    ('resource_thrashing', 'limits raised; limits cut',  3, 60,  'cooldown'),
    ('ineffective_loop',   'same action, no effect',     3, 240, 'escalate');

CREATE VIEW action_trace_summary AS
SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
       t.alert_name, t.alert_severity, t.action_type, t.execution_status, t.effectiveness_score
FROM resource_action_traces t
JOIN action_histories h ON h.id = t.action_history_id
JOIN resource_references r ON r.id = h.resource_id;

COMMENT ON TABLE resource_action_traces IS 'One row an action taken; partitioned by the time it was taken';
COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

-- +goose Down
DROP VIEW action_trace_summary;
DROP TABLE oscillation_detections;
DROP TABLE oscillation_patterns;
DROP TABLE resource_action_traces;
DROP TABLE action_histories;
DROP TABLE resource_references;
DROP FUNCTION update_updated_at_column();
-- uuid-ossp stays: it may have been there before, and its owner need not be this role.

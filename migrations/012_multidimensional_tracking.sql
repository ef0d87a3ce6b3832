-- A success rate for an action alone says little: traces also record the kind of incident and the workflow that was run,
-- so that rates can be taken along each dimension.

-- +goose Up
ALTER TABLE resource_action_traces
    ADD COLUMN incident_type       VARCHAR(100),
    ADD COLUMN workflow_id         VARCHAR(255),
    ADD COLUMN workflow_version    VARCHAR(50),
    ADD COLUMN workflow_step       INTEGER,
    ADD COLUMN workflow_run_id     VARCHAR(64),
    ADD COLUMN selected_by         VARCHAR(20) NOT NULL DEFAULT 'model',
    ADD COLUMN escalated_to_human  BOOLEAN     NOT NULL DEFAULT FALSE;

-- Checked apart from being added, so that the check need not hold off writers.
ALTER TABLE resource_action_traces ADD CONSTRAINT action_traces_workflow_check
    CHECK ((workflow_id IS NULL) = (workflow_version IS NULL) AND (workflow_step IS NULL OR workflow_step >= 0)) NOT VALID;
ALTER TABLE resource_action_traces VALIDATE CONSTRAINT action_traces_workflow_check;
ALTER TABLE resource_action_traces ADD CONSTRAINT action_traces_selected_by_check
    CHECK (selected_by IN ('model', 'rule', 'human'));

CREATE INDEX idx_action_traces_incident ON resource_action_traces (incident_type, execution_status, action_timestamp DESC)
    WHERE incident_type IS NOT NULL;
CREATE INDEX idx_action_traces_workflow ON resource_action_traces (workflow_id, workflow_version)
    WHERE workflow_id IS NOT NULL;

-- New columns of a view go to its end.
CREATE OR REPLACE VIEW action_trace_summary AS
SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
       t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score,
       t.incident_type, t.workflow_id, t.workflow_version
FROM resource_action_traces t
JOIN action_histories h ON h.id = t.action_history_id
JOIN resource_references r ON r.id = h.resource_id;

CREATE VIEW incident_success_rates AS
SELECT t.incident_type, t.workflow_id, t.workflow_version, count(*) AS total,
       round(count(*) FILTER (WHERE t.execution_status = 'completed')::numeric / count(*), 3) AS success_rate
FROM resource_action_traces t
WHERE t.incident_type IS NOT NULL AND t.execution_status IN ('completed', 'failed', 'rolled_back')
GROUP BY t.incident_type, t.workflow_id, t.workflow_version;

COMMENT ON COLUMN resource_action_traces.incident_type IS 'First dimension, such as pod-oom-killed; NULL for older traces';
COMMENT ON COLUMN resource_action_traces.workflow_id IS 'Second dimension, with its version; NULL for a single action';

-- +goose Down
DROP VIEW incident_success_rates;
-- Columns cannot be taken out of a view by replacing it.
DROP VIEW action_trace_summary;
DROP INDEX idx_action_traces_workflow;
DROP INDEX idx_action_traces_incident;
ALTER TABLE resource_action_traces
    DROP CONSTRAINT action_traces_selected_by_check,
    DROP CONSTRAINT action_traces_workflow_check,
    DROP COLUMN escalated_to_human,
    DROP COLUMN selected_by,
    DROP COLUMN workflow_run_id,
    DROP COLUMN workflow_step,
    DROP COLUMN workflow_version,
    DROP COLUMN workflow_id,
    DROP COLUMN incident_type;

CREATE VIEW action_trace_summary AS
SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
       t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score
FROM resource_action_traces t
JOIN action_histories h ON h.id = t.action_history_id
JOIN resource_references r ON r.id = h.resource_id;

COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

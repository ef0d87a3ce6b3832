-- Actions are no longer started by alerts alone, so what starts one is called a signal. A view keeps its old column names
-- through a rename, and functions keep their old bodies: both are made anew.

-- +goose Up
-- +goose StatementBegin
DROP VIEW action_trace_summary;
DROP FUNCTION find_traces_by_alert(TEXT, INTEGER);

ALTER TABLE resource_action_traces RENAME COLUMN alert_name TO signal_name;
ALTER TABLE resource_action_traces RENAME COLUMN alert_severity TO signal_severity;
ALTER TABLE resource_action_traces RENAME COLUMN alert_labels TO signal_labels;
ALTER TABLE resource_action_traces RENAME COLUMN alert_firing_time TO signal_firing_time;
ALTER TABLE effectiveness_results RENAME COLUMN alert_resolved TO signal_resolved;
ALTER INDEX idx_action_traces_alert_name RENAME TO idx_action_traces_signal_name;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION find_traces_by_signal(p_signal_name TEXT, p_limit INTEGER DEFAULT 50)
RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, signal_name VARCHAR, signal_severity VARCHAR) AS $$
BEGIN
    RETURN QUERY
    SELECT t.action_id, t.action_timestamp, t.signal_name, t.signal_severity
    FROM resource_action_traces t
    WHERE lower(t.signal_name) = lower(p_signal_name)
    ORDER BY t.action_timestamp DESC
    LIMIT p_limit;
END;
$$ LANGUAGE plpgsql STABLE;
-- +goose StatementEnd

CREATE VIEW action_trace_summary AS
SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
       t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score
FROM resource_action_traces t
JOIN action_histories h ON h.id = t.action_history_id
JOIN resource_references r ON r.id = h.resource_id;

COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

-- +goose Down
-- +goose StatementBegin
DROP VIEW action_trace_summary;
DROP FUNCTION find_traces_by_signal(TEXT, INTEGER);

ALTER INDEX idx_action_traces_signal_name RENAME TO idx_action_traces_alert_name;
ALTER TABLE effectiveness_results RENAME COLUMN signal_resolved TO alert_resolved;
ALTER TABLE resource_action_traces RENAME COLUMN signal_firing_time TO alert_firing_time;
ALTER TABLE resource_action_traces RENAME COLUMN signal_labels TO alert_labels;
ALTER TABLE resource_action_traces RENAME COLUMN signal_severity TO alert_severity;
ALTER TABLE resource_action_traces RENAME COLUMN signal_name TO alert_name;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION find_traces_by_alert(p_alert_name TEXT, p_limit INTEGER DEFAULT 50)
RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, alert_name VARCHAR, alert_severity VARCHAR) AS $$
BEGIN
    RETURN QUERY
    SELECT t.action_id, t.action_timestamp, t.alert_name, t.alert_severity
    FROM resource_action_traces t
    WHERE lower(t.alert_name) = lower(p_alert_name)
    ORDER BY t.action_timestamp DESC
    LIMIT p_limit;
END;
$$ LANGUAGE plpgsql STABLE;
-- +goose StatementEnd

CREATE VIEW action_trace_summary AS
SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
       t.alert_name, t.alert_severity, t.action_type, t.execution_status, t.effectiveness_score
FROM resource_action_traces t
JOIN action_histories h ON h.id = t.action_history_id
JOIN resource_references r ON r.id = h.resource_id;

COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

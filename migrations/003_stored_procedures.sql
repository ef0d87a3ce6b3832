-- The questions asked before each action (does this resource oscillate, did this action help) are answered in the
-- database: they read many traces and return few rows.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION detect_scale_oscillation(p_resource_id BIGINT, p_window INTERVAL DEFAULT INTERVAL '2 hours')
RETURNS TABLE (direction_changes BIGINT, first_change TIMESTAMPTZ, last_change TIMESTAMPTZ, severity TEXT) AS $BODY$
BEGIN
    RETURN QUERY
    WITH scalings AS (
        SELECT t.action_timestamp,
               (t.action_parameters ->> 'replicas')::int AS replicas,
               LAG((t.action_parameters ->> 'replicas')::int) OVER w AS previous,
               LAG((t.action_parameters ->> 'replicas')::int, 2) OVER w AS before_that
        FROM resource_action_traces t
        JOIN action_histories h ON h.id = t.action_history_id
        WHERE h.resource_id = p_resource_id
          AND t.action_type = 'scale_deployment'
          AND t.action_timestamp > NOW() - p_window
        WINDOW w AS (ORDER BY t.action_timestamp)
    ), turns AS (
        -- up, then down; or down, then up
        SELECT s.action_timestamp FROM scalings s
        WHERE sign(s.replicas - s.previous) * sign(s.previous - s.before_that) < 0
    )
    SELECT count(*), min(u.action_timestamp), max(u.action_timestamp),
           CASE WHEN count(*) >= 4 THEN 'critical' WHEN count(*) >= 2 THEN 'warning' ELSE 'none' END
    FROM turns u;
END;
$BODY$ LANGUAGE plpgsql STABLE;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION get_action_effectiveness(p_action_type VARCHAR, p_since TIMESTAMPTZ)
RETURNS TABLE (action_type VARCHAR, sample_size BIGINT, average_score NUMERIC, failures BIGINT) AS $$
BEGIN
    IF p_since > NOW() THEN
        RAISE EXCEPTION 'p_since lies in the future; got %', p_since USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT t.action_type, count(*), round(avg(t.effectiveness_score), 3),
           count(*) FILTER (WHERE t.execution_status IN ('failed', 'rolled_back'))
    FROM resource_action_traces t
    WHERE t.action_type = p_action_type AND t.action_timestamp >= p_since
    GROUP BY t.action_type;
END;
$$ LANGUAGE plpgsql STABLE;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION find_traces_by_alert(p_alert_name TEXT, p_limit INTEGER DEFAULT 50)
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

-- +goose StatementBegin
CREATE OR REPLACE PROCEDURE purge_action_traces(p_batch INTEGER DEFAULT 10000) AS $BODY$
DECLARE
    purged INTEGER;
BEGIN
    /* Retention is a property of the history, not of the partition;
       so rows are deleted here, and empty partitions are dropped by the operator. */
    DELETE FROM resource_action_traces t
    USING (SELECT d.id, d.action_timestamp
           FROM resource_action_traces d
           JOIN action_histories h ON h.id = d.action_history_id
           WHERE d.action_timestamp < NOW() - make_interval(days => h.retention_days)
           LIMIT p_batch) old
    WHERE t.id = old.id AND t.action_timestamp = old.action_timestamp;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RAISE NOTICE 'purged % traces; limit was %', purged, p_batch;
END;
$BODY$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose Down
DROP PROCEDURE purge_action_traces(INTEGER);
DROP FUNCTION find_traces_by_alert(TEXT, INTEGER);
DROP FUNCTION get_action_effectiveness(VARCHAR, TIMESTAMPTZ);
DROP FUNCTION detect_scale_oscillation(BIGINT, INTERVAL);

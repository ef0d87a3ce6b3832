-- One table for the audit events of all services, partitioned by month because it only grows. The partitions themselves
-- come later; until then a row has no place to go.

-- +goose Up
-- +goose StatementBegin
CREATE TABLE audit_events (
    event_id          UUID         NOT NULL DEFAULT uuid_generate_v4(),
    event_version     VARCHAR(10)  NOT NULL DEFAULT '1.0',
    event_timestamp   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    -- the partition column: a generated column cannot be one, so the CHECK below keeps it true
    event_date        DATE         NOT NULL DEFAULT (NOW() AT TIME ZONE 'UTC')::date,
    event_type        VARCHAR(100) NOT NULL,
    event_category    VARCHAR(50)  NOT NULL,
    event_action      VARCHAR(50)  NOT NULL,
    event_outcome     VARCHAR(20)  NOT NULL,
    severity          VARCHAR(20)  NOT NULL DEFAULT 'info',
    actor_type        VARCHAR(50)  NOT NULL,
    actor_id          VARCHAR(255) NOT NULL,
    actor_ip          INET,
    resource_type     VARCHAR(100) NOT NULL,
    resource_id       VARCHAR(255) NOT NULL,
    resource_name     VARCHAR(255),
    namespace         VARCHAR(253),
    cluster_name      VARCHAR(255),
    correlation_id    VARCHAR(255) NOT NULL,
    parent_event_id   UUID,
    parent_event_date DATE,
    duration_ms       INTEGER,
    error_code        VARCHAR(50),
    error_message     TEXT,
    event_data        JSONB        NOT NULL DEFAULT '{}'::jsonb,
    retention_days    INTEGER      NOT NULL DEFAULT 2555,
    legal_hold        BOOLEAN      NOT NULL DEFAULT FALSE,
    PRIMARY KEY (event_id, event_date),
    CONSTRAINT audit_events_date_check CHECK (event_date = (event_timestamp AT TIME ZONE 'UTC')::date),
    CONSTRAINT audit_events_outcome_check CHECK (event_outcome IN ('success', 'failure', 'pending')),
    CONSTRAINT audit_events_severity_check CHECK (severity IN ('debug', 'info', 'warning', 'error', 'critical')),
    CONSTRAINT audit_events_parent_check CHECK ((parent_event_id IS NULL) = (parent_event_date IS NULL)),
    CONSTRAINT audit_events_duration_check CHECK (duration_ms >= 0),
    CONSTRAINT audit_events_retention_check CHECK (retention_days > 0)
) PARTITION BY RANGE (event_date);

CREATE INDEX idx_audit_events_timestamp ON audit_events (event_timestamp DESC);
CREATE INDEX idx_audit_events_correlation ON audit_events (correlation_id, event_timestamp);
CREATE INDEX idx_audit_events_type ON audit_events (event_category, event_type, event_timestamp DESC);
CREATE INDEX idx_audit_events_resource ON audit_events (resource_type, resource_id);
CREATE INDEX idx_audit_events_parent ON audit_events (parent_event_id, parent_event_date) WHERE parent_event_id IS NOT NULL;
CREATE INDEX idx_audit_events_data ON audit_events USING gin (event_data jsonb_path_ops);
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION keep_events_on_legal_hold() RETURNS trigger AS $hold$
BEGIN
    IF OLD.legal_hold THEN
        RAISE EXCEPTION 'audit event % is on legal hold; it cannot be deleted', OLD.event_id
            USING ERRCODE = 'check_violation', HINT = $$lift the hold first: UPDATE audit_events SET legal_hold = false;$$;
    END IF;
    RETURN OLD;
END;
$hold$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TRIGGER trg_audit_events_legal_hold BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION keep_events_on_legal_hold();

COMMENT ON TABLE audit_events IS 'Audit events of all services; append only, one partition a month';
COMMENT ON COLUMN audit_events.event_date IS 'Day of event_timestamp in UTC; decides the partition';

-- +goose Down
DROP TABLE audit_events;
DROP FUNCTION keep_events_on_legal_hold();

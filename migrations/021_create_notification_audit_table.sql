-- Whether a human was told, over which channel, and whether it arrived: asked after every escalation, and by auditors.

-- +goose Up
-- +goose StatementBegin
CREATE TABLE notification_audit (
    id               BIGSERIAL PRIMARY KEY,
    remediation_id   VARCHAR(255) NOT NULL,
    notification_id  VARCHAR(255) NOT NULL UNIQUE,
    recipient        VARCHAR(255) NOT NULL,
    channel          VARCHAR(50)  NOT NULL,
    message_summary  TEXT         NOT NULL,
    status           VARCHAR(50)  NOT NULL,
    sent_at          TIMESTAMPTZ  NOT NULL,
    delivery_status  TEXT,
    error_message    TEXT,
    escalation_level INTEGER      NOT NULL DEFAULT 0,
    workflow_id      UUID, -- no foreign key; the record outlives the workflow
    created_at       TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_at       TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    CONSTRAINT notification_audit_channel_check CHECK (channel IN ('email', 'slack', 'pagerduty', 'sms', 'webhook')),
    CONSTRAINT notification_audit_status_check CHECK (status IN ('sent', 'failed', 'acknowledged', 'escalated')),
    CONSTRAINT notification_audit_level_check CHECK (escalation_level BETWEEN 0 AND 100),
    CONSTRAINT notification_audit_error_check CHECK (status <> 'failed' OR error_message IS NOT NULL)
);
CREATE INDEX idx_notification_audit_remediation ON notification_audit (remediation_id);
CREATE INDEX idx_notification_audit_recipient ON notification_audit (lower(recipient));
CREATE INDEX idx_notification_audit_created_at ON notification_audit (created_at DESC);
CREATE INDEX idx_notification_audit_failed ON notification_audit (channel, sent_at DESC) WHERE status = 'failed';

CREATE TRIGGER trg_notification_audit_updated_at BEFORE UPDATE ON notification_audit
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

COMMENT ON TABLE notification_audit IS 'Every attempt to tell a human; failed ones carry the error';
-- +goose StatementEnd

-- +goose Down
DROP TABLE notification_audit;

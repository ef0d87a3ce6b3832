
import java.util.LinkedHashMap;
import java.util.Map;

/** A short history of the catalogue, for a run outside of the clone. */
final class EveningHistory {
    static final Map<String, String> FILES = new LinkedHashMap<>();

    static {
        FILES.put("015_create_workflow_catalog_table.sql",
                """
                    -- +goose Up
                    CREATE TABLE remediation_workflow_catalog (
                    workflow_id TEXT, version TEXT, PRIMARY KEY (workflow_id, version));
                    -- +goose Down
                    DROP TABLE remediation_workflow_catalog;
                    """);
        FILES.put("019_uuid_primary_key.sql", """
            -- +goose Up
            DROP TABLE remediation_workflow_catalog;
            CREATE TABLE remediation_workflow_catalog (
                workflow_id UUID PRIMARY KEY DEFAULT gen_random_uuid(), workflow_name TEXT NOT NULL,
                version TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, maintainer TEXT,
                content TEXT NOT NULL, content_hash TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'active'
                    CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                disabled_at TIMESTAMPTZ, disabled_by TEXT, disabled_reason TEXT,
                updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_by TEXT, UNIQUE (workflow_name, version)
            );
            -- +goose StatementBegin
            CREATE FUNCTION touch() RETURNS trigger AS $$
            BEGIN NEW.updated_at = NOW(); RETURN NEW; END $$ LANGUAGE plpgsql;
            -- +goose StatementEnd
            CREATE TRIGGER touch BEFORE UPDATE ON remediation_workflow_catalog
                FOR EACH ROW EXECUTE FUNCTION touch();
            -- +goose Down
            DROP TABLE remediation_workflow_catalog;
            """);
        FILES.put("021_create_notification_audit_table.sql", """
            -- +goose Up
            CREATE TABLE notification_audit (id BIGSERIAL PRIMARY KEY, recipient TEXT NOT NULL);
            -- +goose Down
            DROP TABLE notification_audit;
            """);
        FILES.put("022_add_status_reason_column.sql", """
            -- +goose Up
            ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS status_reason TEXT;
            -- +goose Down
            ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS status_reason;
            """);
    }

    private EveningHistory() {
    }
}

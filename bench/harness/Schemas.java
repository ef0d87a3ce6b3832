package bench.harness;

import java.util.LinkedHashMap;
import java.util.Map;

/** The variants of the schema. */
public final class Schemas {
    private Schemas() {
    }

    // >>> block Schemas (owner: bench/schema/)
    /** The files of bench/schema/, word for word. */
    public static Map<String, String> files() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("base.sql", """
                -- The catalogue as the migrations leave it: eleven indexes, fillfactor 100, the status in the wide table.
                """);
        files.put("fillfactor80.sql", """
                -- A fifth of each page is kept free for new versions of its rows; the indexes still forbid HOT.
                ALTER TABLE remediation_workflow_catalog SET (fillfactor = 80);
                """);
        files.put("hot-fillfactor80.sql", """
                -- No index knows what UpdateStatus writes, and each page has room for new versions of its rows.
                DROP INDEX idx_workflow_catalog_status;
                DROP INDEX idx_workflow_catalog_success_rate;
                CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);
                ALTER TABLE remediation_workflow_catalog SET (fillfactor = 80);
                """);
        files.put("hot.sql", """
                -- No index knows a column that UpdateStatus writes, so that an update can be HOT where its page has room.
                DROP INDEX idx_workflow_catalog_status;
                DROP INDEX idx_workflow_catalog_success_rate;
                -- The predicate counts, too: without it the index serves the same queries, and the status is looked up in the row.
                CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);
                """);
        files.put("no-status-index.sql", """
                -- Without the index on status. The other index that knows the status, on the success rate of active workflows, stays and still forbids HOT.
                DROP INDEX idx_workflow_catalog_status;
                """);
        files.put("no-trigger.sql", """
                -- Without the trigger on updated_at: what plpgsql costs. Not correct for writers that do not set updated_at themselves; UpdateStatus does.
                DROP TRIGGER trg_workflow_catalog_updated_at ON remediation_workflow_catalog;
                """);
        files.put("side-table.sql", """
                -- The status in a narrow table of its own, one row a workflow. What the wide table enforces stays enforced: (workflow_name, version) is unique there,
                -- a status is one of four, every workflow has exactly one, updated_at is set by a trigger. A status row has no index but its key, so its updates are HOT.
                CREATE TABLE remediation_workflow_status (
                    workflow_id     UUID        NOT NULL,
                    version         VARCHAR(50) NOT NULL,
                    status          VARCHAR(20) NOT NULL DEFAULT 'active' CONSTRAINT workflow_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                    status_reason   TEXT,
                    disabled_at     TIMESTAMPTZ,
                    disabled_by     VARCHAR(255),
                    disabled_reason TEXT,
                    updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                    updated_by      VARCHAR(255),
                    CONSTRAINT remediation_workflow_status_pkey PRIMARY KEY (workflow_id)
                ) WITH (fillfactor = 50);

                ALTER TABLE remediation_workflow_catalog ADD CONSTRAINT uq_workflow_id_version UNIQUE (workflow_id, version);
                ALTER TABLE remediation_workflow_status ADD CONSTRAINT fk_workflow_status FOREIGN KEY (workflow_id, version)
                    REFERENCES remediation_workflow_catalog (workflow_id, version) ON UPDATE CASCADE ON DELETE CASCADE;

                INSERT INTO remediation_workflow_status (workflow_id, version, status, status_reason, disabled_at, disabled_by, disabled_reason, updated_at, updated_by)
                SELECT workflow_id, version, status, status_reason, disabled_at, disabled_by, disabled_reason, updated_at, updated_by FROM remediation_workflow_catalog;

                CREATE TRIGGER trg_workflow_status_updated_at BEFORE UPDATE ON remediation_workflow_status
                    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                CREATE FUNCTION add_workflow_status() RETURNS trigger AS $$
                BEGIN
                    INSERT INTO remediation_workflow_status (workflow_id, version) VALUES (NEW.workflow_id, NEW.version);
                    RETURN NULL;
                END;
                $$ LANGUAGE plpgsql;
                CREATE TRIGGER trg_workflow_status_add AFTER INSERT ON remediation_workflow_catalog
                    FOR EACH ROW EXECUTE FUNCTION add_workflow_status();

                -- A status without its workflow forbids the key; this forbids a workflow without its status.
                CREATE FUNCTION keep_workflow_status() RETURNS trigger AS $$
                BEGIN
                    IF EXISTS (SELECT FROM remediation_workflow_catalog WHERE workflow_id = OLD.workflow_id) THEN
                        RAISE EXCEPTION 'workflow % must have a status', OLD.workflow_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                END;
                $$ LANGUAGE plpgsql;
                CREATE CONSTRAINT TRIGGER trg_workflow_status_keep AFTER DELETE ON remediation_workflow_status
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_workflow_status();

                DROP INDEX idx_workflow_catalog_status;
                DROP INDEX idx_workflow_catalog_success_rate;
                ALTER TABLE remediation_workflow_catalog
                    DROP COLUMN status, DROP COLUMN status_reason, DROP COLUMN disabled_at, DROP COLUMN disabled_by, DROP COLUMN disabled_reason;
                CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);

                -- The service's two statements on this schema.
                -- name: DisableWorkflow :execrows
                -- UPDATE remediation_workflow_status
                -- SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                --     disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                -- WHERE workflow_id = $4 AND version = $5;

                -- name: ChangeStatus :execrows
                -- UPDATE remediation_workflow_status
                -- SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                -- WHERE workflow_id = $4 AND version = $5;
                """);
        files.put("thirteen-indexes.sql", """
                -- Two more indexes that serve a status page: what each further index costs an update.
                CREATE INDEX idx_workflow_catalog_status_updated ON remediation_workflow_catalog (status, updated_at DESC);
                CREATE INDEX idx_workflow_catalog_updated_by ON remediation_workflow_catalog (updated_by);
                """);
        return files;
    }
    // <<< block Schemas
}

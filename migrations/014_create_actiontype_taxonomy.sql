-- Action types were free text, and one action had three spellings. This is the list that counts, with what tells a model
-- when to choose which.

-- +goose Up
-- +goose StatementBegin
CREATE TABLE action_type_taxonomy (
    action_type     VARCHAR(50) PRIMARY KEY,
    category        VARCHAR(30) NOT NULL,
    description     TEXT        NOT NULL,
    when_to_use     TEXT        NOT NULL,
    preconditions   TEXT,
    reversible      BOOLEAN     NOT NULL DEFAULT TRUE,
    replaced_by     VARCHAR(50) REFERENCES action_type_taxonomy (action_type),
    created_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT action_type_taxonomy_spelling_check CHECK (action_type ~ '^[a-z][a-z0-9_]*$'),
    CONSTRAINT action_type_taxonomy_category_check CHECK (category IN ('scaling', 'restart', 'resources', 'rollback', 'node', 'notify')),
    CONSTRAINT action_type_taxonomy_replaced_check CHECK (replaced_by <> action_type)
);
CREATE INDEX idx_action_type_taxonomy_category ON action_type_taxonomy (category) WHERE replaced_by IS NULL;
CREATE TRIGGER trg_action_type_taxonomy_updated_at BEFORE UPDATE ON action_type_taxonomy
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
-- +goose StatementEnd

-- One statement: semicolons within the texts do not end it, and the apostrophe is doubled.
INSERT INTO action_type_taxonomy (action_type, category, description, when_to_use, preconditions, reversible) VALUES
    ('scale_deployment',   'scaling',   'Set the number of replicas', 'Load grows; pods are healthy', 'no autoscaler owns the replicas', TRUE),
    ('restart_pod',        'restart',   'Delete the pod; its controller makes a new one', 'A leak, a deadlock', NULL, FALSE),
    ('increase_memory',    'resources', 'Raise the memory limit', 'Killed for memory; the use is steady', 'the node''s memory allows it', TRUE),
    ('increase_cpu',       'resources', 'Raise the CPU limit', 'Throttled; latency suffers', NULL, TRUE),
    ('rollback_release',   'rollback',  'Return to the revision before', 'Errors began with a release -- not before it', 'a revision before exists', TRUE),
    ('cordon_drain_node',  'node',      'Take the node out of service', 'Disk or kernel trouble on one node', 'the others have room; budgets allow it', TRUE),
    ('notify_only',        'notify',    'Tell a human, change nothing', 'No other type fits', NULL, TRUE)
ON CONFLICT (action_type) DO NOTHING;

COMMENT ON TABLE action_type_taxonomy IS 'The action types that exist; replaced ones stay for the sake of old traces';

-- +goose Down
DROP TABLE action_type_taxonomy;

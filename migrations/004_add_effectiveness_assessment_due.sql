-- An action's effect shows only after a while: the trace says when it is to be assessed.

-- +goose Up
ALTER TABLE resource_action_traces ADD COLUMN IF NOT EXISTS effectiveness_assessment_due TIMESTAMPTZ;

-- Completed actions that nobody assessed; older rows get ten minutes of grace like the new ones.
UPDATE resource_action_traces
SET effectiveness_assessment_due = action_timestamp + INTERVAL '10 minutes' -- the default grace; see the column's comment
WHERE execution_status = 'completed' AND effectiveness_score IS NULL;

CREATE INDEX IF NOT EXISTS idx_action_traces_assessment_due ON resource_action_traces (effectiveness_assessment_due)
    WHERE effectiveness_assessment_due IS NOT NULL AND effectiveness_score IS NULL;

COMMENT ON COLUMN resource_action_traces.effectiveness_assessment_due IS 'When to assess; NULL if no assessment is wanted';

-- +goose Down
DROP INDEX IF EXISTS idx_action_traces_assessment_due;
ALTER TABLE resource_action_traces DROP COLUMN IF EXISTS effectiveness_assessment_due;

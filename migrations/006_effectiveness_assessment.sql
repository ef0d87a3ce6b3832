-- What an assessment found, kept apart from the trace: an action can be assessed more than once, and the result outlives
-- the partition of the trace.

-- +goose Up
-- +goose StatementBegin
CREATE TYPE assessment_outcome AS ENUM ('effective', 'ineffective', 'adverse', 'inconclusive');

CREATE TABLE effectiveness_results (
    id                 UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    -- no foreign key: traces go with their partition
    trace_id           BIGINT             NOT NULL,
    action_type        VARCHAR(50)        NOT NULL,
    outcome            assessment_outcome NOT NULL DEFAULT 'inconclusive',
    score              NUMERIC(4,3),
    confidence         NUMERIC(4,3)       NOT NULL DEFAULT 0.5,
    alert_resolved     BOOLEAN            NOT NULL DEFAULT FALSE,
    side_effects       TEXT[]             NOT NULL DEFAULT '{}',
    metrics_before     JSONB,
    metrics_after      JSONB,
    assessed_at        TIMESTAMPTZ        NOT NULL DEFAULT NOW(),
    assessed_by        VARCHAR(100)       NOT NULL DEFAULT 'assessor',
    CONSTRAINT effectiveness_results_score_check CHECK (score BETWEEN 0 AND 1),
    CONSTRAINT effectiveness_results_confidence_check CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT effectiveness_results_outcome_check CHECK (outcome = 'inconclusive' OR score IS NOT NULL)
);
CREATE INDEX idx_effectiveness_results_trace ON effectiveness_results (trace_id, assessed_at DESC);
CREATE INDEX idx_effectiveness_results_adverse ON effectiveness_results (action_type, assessed_at DESC) WHERE outcome = 'adverse';

CREATE TABLE action_confidence_scores (
    action_type  VARCHAR(50)  NOT NULL,
    context_hash VARCHAR(64)  NOT NULL,
    confidence   NUMERIC(4,3) NOT NULL DEFAULT 0.5,
    sample_size  INTEGER      NOT NULL DEFAULT 0,
    created_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    updated_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    PRIMARY KEY (action_type, context_hash),
    CONSTRAINT action_confidence_scores_range_check CHECK (confidence BETWEEN 0 AND 1 AND sample_size >= 0)
);
CREATE TRIGGER trg_action_confidence_scores_updated_at BEFORE UPDATE ON action_confidence_scores
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

COMMENT ON TABLE action_confidence_scores IS 'How far an action is trusted in a context; learnt from effectiveness_results';
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE action_confidence_scores;
DROP TABLE effectiveness_results;
DROP TYPE assessment_outcome;
-- +goose StatementEnd

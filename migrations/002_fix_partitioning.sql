-- Every trace landed in the default partition, so retention had nothing to drop. Months get partitions of their own,
-- and a function makes the later ones.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION create_action_trace_partition(p_month DATE) RETURNS text AS $$
DECLARE
    first_day DATE := date_trunc('month', p_month)::date;
    next_month DATE := (first_day + INTERVAL '1 month')::date;
    partition_name TEXT := 'resource_action_traces_' || to_char(first_day, 'YYYY_MM');
BEGIN
    -- bounds in UTC; a bare date would mean midnight in the session's own time zone
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF resource_action_traces FOR VALUES FROM (%L) TO (%L)',
                   partition_name, first_day || ' 00:00:00+00', next_month || ' 00:00:00+00');
    RETURN partition_name;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose StatementBegin
-- A partition cannot be made for rows that the default one holds, so they step aside first.
CREATE TEMPORARY TABLE action_traces_aside AS SELECT * FROM resource_action_traces;
TRUNCATE resource_action_traces;

DO $$
BEGIN
    PERFORM create_action_trace_partition(month::date)
    FROM generate_series(TIMESTAMP '2025-07-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS month;
END
$$;

INSERT INTO resource_action_traces SELECT * FROM action_traces_aside;
DROP TABLE action_traces_aside;
-- +goose StatementEnd

COMMENT ON FUNCTION create_action_trace_partition(DATE) IS 'Makes the partition of a month; nothing happens if it is there';

-- +goose Down
-- +goose StatementBegin
CREATE TEMPORARY TABLE action_traces_aside AS SELECT * FROM resource_action_traces;
TRUNCATE resource_action_traces;

DO $$
DECLARE
    partition regclass;
BEGIN
    -- all but the default one: the function may have made more than this file did
    FOR partition IN
        SELECT inhrelid::regclass FROM pg_inherits
        WHERE inhparent = 'resource_action_traces'::regclass AND inhrelid <> 'resource_action_traces_default'::regclass
    LOOP
        EXECUTE format('DROP TABLE %s', partition);
    END LOOP;
END
$$;

INSERT INTO resource_action_traces SELECT * FROM action_traces_aside;
DROP TABLE action_traces_aside;
DROP FUNCTION create_action_trace_partition(DATE);
-- +goose StatementEnd

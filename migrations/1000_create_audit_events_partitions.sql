-- The months of audit_events, of 2026, and a default partition so that no event is refused for its date. The number
-- leaves room: partitions come after every file that changes the table.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    month DATE;
BEGIN
    FOR month IN SELECT generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-12-01', INTERVAL '1 month')::date LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
                       'audit_events_' || to_char(month, 'YYYY_MM'), month, (month + INTERVAL '1 month')::date);
    END LOOP;
END
$$;
-- +goose StatementEnd

CREATE TABLE IF NOT EXISTS audit_events_default PARTITION OF audit_events DEFAULT;

-- +goose Down
DROP TABLE IF EXISTS audit_events_default;

-- +goose StatementBegin
DO $$
DECLARE
    month DATE;
BEGIN
    -- just the months made above; partitions that were added by hand stay
    FOR month IN SELECT generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-12-01', INTERVAL '1 month')::date LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', 'audit_events_' || to_char(month, 'YYYY_MM'));
    END LOOP;
END
$$;
-- +goose StatementEnd

-- The empty durable transaction, the limit of all others.
-- pgbench -n -M prepared -c N -f THIS
SELECT pg_logical_emit_message(true, 'bench', '');

-- All clients update one row, each beginning with another status than its neighbour, so that each update changes it.
-- pgbench -n -M prepared -c N -f THIS -D fresh=1 -D 'disabled=disabled' -D 'active=active' -D 'archived=archived' -D 'deprecated=deprecated' -D 'version=v1.0.0' -D 'reason=measured by a benchmark' -D 'by=benchmark'
\if :fresh
SELECT md5('workflow ' || 0)::uuid AS id0 \gset
\set turn :client_id % 4
\set fresh 0
\else
\set turn (:turn + 1) % 4
\endif
\if :turn = 0
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id0 AND version = :version;
\elif :turn = 1
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id0 AND version = :version;
\elif :turn = 2
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id0 AND version = :version;
\elif :turn = 3
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id0 AND version = :version;
\endif

-- Each client updates 16 rows of its own; their statuses go round.
-- pgbench -n -M prepared -c N -f THIS -D fresh=1 -D 'disabled=disabled' -D 'active=active' -D 'archived=archived' -D 'deprecated=deprecated' -D 'version=v1.0.0' -D 'reason=measured by a benchmark' -D 'by=benchmark'
\if :fresh
SELECT md5('workflow ' || :client_id * 16 + 0)::uuid AS id0, md5('workflow ' || :client_id * 16 + 1)::uuid AS id1, md5('workflow ' || :client_id * 16 + 2)::uuid AS id2, md5('workflow ' || :client_id * 16 + 3)::uuid AS id3, md5('workflow ' || :client_id * 16 + 4)::uuid AS id4, md5('workflow ' || :client_id * 16 + 5)::uuid AS id5, md5('workflow ' || :client_id * 16 + 6)::uuid AS id6, md5('workflow ' || :client_id * 16 + 7)::uuid AS id7, md5('workflow ' || :client_id * 16 + 8)::uuid AS id8, md5('workflow ' || :client_id * 16 + 9)::uuid AS id9, md5('workflow ' || :client_id * 16 + 10)::uuid AS id10, md5('workflow ' || :client_id * 16 + 11)::uuid AS id11, md5('workflow ' || :client_id * 16 + 12)::uuid AS id12, md5('workflow ' || :client_id * 16 + 13)::uuid AS id13, md5('workflow ' || :client_id * 16 + 14)::uuid AS id14, md5('workflow ' || :client_id * 16 + 15)::uuid AS id15 \gset
\set turn 0
\set fresh 0
\else
\set turn (:turn + 1) % 4
\endif
\if :turn = 0
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id0 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id1 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id2 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id3 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id4 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id5 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id6 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id7 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id8 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id9 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id10 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id11 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id12 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id13 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id14 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :disabled, status_reason = :reason, updated_by = :by, updated_at = NOW(), disabled_at = NOW(), disabled_by = :by, disabled_reason = :reason WHERE workflow_id = :id15 AND version = :version;
\elif :turn = 1
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id0 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id1 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id2 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id3 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id4 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id5 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id6 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id7 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id8 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id9 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id10 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id11 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id12 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id13 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id14 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :active, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id15 AND version = :version;
\elif :turn = 2
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id0 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id1 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id2 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id3 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id4 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id5 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id6 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id7 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id8 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id9 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id10 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id11 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id12 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id13 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id14 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :archived, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id15 AND version = :version;
\elif :turn = 3
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id0 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id1 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id2 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id3 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id4 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id5 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id6 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id7 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id8 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id9 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id10 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id11 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id12 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id13 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id14 AND version = :version;
UPDATE remediation_workflow_catalog SET status = :deprecated, status_reason = :reason, updated_by = :by, updated_at = NOW() WHERE workflow_id = :id15 AND version = :version;
\endif

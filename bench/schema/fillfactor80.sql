-- A fifth of each page is kept free for new versions of its rows; the indexes still forbid HOT.
ALTER TABLE remediation_workflow_catalog SET (fillfactor = 80);

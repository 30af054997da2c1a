REVOKE UPDATE ON api_keys FROM servai_app;
--> statement-breakpoint
-- Whose a key is and how far it goes is said once, when it is made.
GRANT UPDATE (expires_at, revoked_at, revoked_by) ON api_keys TO servai_app;

DROP VIEW "public"."users_active";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "disabled_by_company_id" uuid;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_disabled_by_company_id_companies_id_fk" FOREIGN KEY ("disabled_by_company_id") REFERENCES "public"."companies"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE VIEW "public"."users_active" WITH (security_invoker = true) AS (select "id", "email", "email_key", "first_name", "last_name", "locale", "status", "disabled_by_company_id", "email_verified_at", "token_version", "created_at", "updated_at", "version", "deleted_at", "deleted_by" from "users" where "users"."deleted_at" is null);--> statement-breakpoint
GRANT SELECT ON users_active TO servai_system;
--> statement-breakpoint

-- Who has closed the accounts that are closed, as far as the log still knows.
ALTER TABLE users NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER;
--> statement-breakpoint
ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE companies NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE users u SET disabled_by_company_id = (SELECT c.id FROM companies c WHERE c.id = last.company_id)
FROM (
  SELECT DISTINCT ON (entity_id) entity_id, company_id FROM audit_log
  WHERE action = 'accounts.disable' AND result = 'ok' AND entity = 'users' ORDER BY entity_id, id DESC
) last
WHERE last.entity_id = u.id AND u.status = 'disabled' AND u.deleted_at IS NULL;
--> statement-breakpoint
ALTER TABLE companies FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE users FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER;

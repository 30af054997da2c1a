-- Whoever holds a grant in a company works for it; read past the forced policies, which know no owner.
ALTER TABLE role_grants NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO staff_profiles (company_id, id, user_id)
SELECT DISTINCT ON (company_id, user_id) company_id, gen_random_uuid(), user_id FROM role_grants WHERE company_id IS NOT NULL;
--> statement-breakpoint
ALTER TABLE role_grants FORCE ROW LEVEL SECURITY;
--> statement-breakpoint

CALL raise_wall('unit_types');
--> statement-breakpoint
CALL raise_wall('invites');
--> statement-breakpoint
CALL raise_wall('invite_uses');
--> statement-breakpoint
CALL raise_wall('claims');
--> statement-breakpoint
CALL raise_wall('settings');
--> statement-breakpoint
CALL raise_wall('staff_profiles');
--> statement-breakpoint
CALL raise_wall('staff_invites');
--> statement-breakpoint
CALL raise_wall('imports');
--> statement-breakpoint
CALL raise_wall('import_mappings');
--> statement-breakpoint
CALL raise_wall('exports');
--> statement-breakpoint

-- Working data by the hundred thousand: the same policies, no versions and no audit, and deleted when it has served.
CREATE PROCEDURE raise_bulk_wall(target regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO servai_app, servai_system', target);
END $$;
--> statement-breakpoint
CALL raise_bulk_wall('import_rows');
--> statement-breakpoint
CALL raise_bulk_wall('import_files');
--> statement-breakpoint
CALL raise_bulk_wall('export_files');
--> statement-breakpoint

-- Settings of the platform: companies read what they inherit.
ALTER TABLE platform_settings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT ON platform_settings TO servai_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON platform_settings TO servai_system;
--> statement-breakpoint

-- A company grants its own roles; the policy keeps platform roles and other companies out of reach.
GRANT INSERT, DELETE ON role_grants TO servai_app;
--> statement-breakpoint

-- The company's staff by name and address, nothing else of an account.
GRANT SELECT (id, email, first_name, last_name, locale, status, email_verified_at) ON users TO servai_app;
--> statement-breakpoint
GRANT UPDATE (email, phone, bank_name, iban, bic) ON companies TO servai_app;
--> statement-breakpoint

-- A view that was made anew has lost its grants.
GRANT SELECT ON companies_active, complexes_active, buildings_active, entrances_active, units_active, people_active, residencies_active,
  unit_types_active, invites_active, claims_active, staff_profiles_active, staff_invites_active TO servai_app, servai_system;

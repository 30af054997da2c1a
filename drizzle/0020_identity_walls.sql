-- Identity: out of reach of the role that serves business procedures.
CREATE PROCEDURE raise_identity_wall(target regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO servai_system', target);
END $$;
--> statement-breakpoint
CALL raise_identity_wall('totp_factors');
--> statement-breakpoint
CALL raise_identity_wall('passkeys');
--> statement-breakpoint
CALL raise_identity_wall('recovery_codes');
--> statement-breakpoint
CALL raise_identity_wall('trusted_devices');
--> statement-breakpoint
CALL raise_identity_wall('sign_in_challenges');
--> statement-breakpoint
CALL raise_identity_wall('passkey_ceremonies');
--> statement-breakpoint
CALL raise_identity_wall('email_changes');
--> statement-breakpoint
CALL raise_identity_wall('factor_resets');
--> statement-breakpoint
CALL raise_identity_wall('impersonations');
--> statement-breakpoint
CALL raise_identity_wall('account_exports');
--> statement-breakpoint
CALL raise_identity_wall('scheduled_runs');
--> statement-breakpoint

CALL raise_wall('api_keys');
--> statement-breakpoint
-- Being used is no change of a key.
DROP TRIGGER touch_row ON api_keys;
--> statement-breakpoint
CREATE TRIGGER touch_row BEFORE UPDATE ON api_keys FOR EACH ROW
  WHEN (old.last_used_at IS NOT DISTINCT FROM new.last_used_at) EXECUTE FUNCTION touch_row();
--> statement-breakpoint
GRANT SELECT ON api_keys_active TO servai_app, servai_system;

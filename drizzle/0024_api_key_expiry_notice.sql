DROP VIEW "public"."api_keys_active";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "expiry_told_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_rotated_once" ON "api_keys" USING btree ("company_id","rotated_from");--> statement-breakpoint
CREATE VIEW "public"."api_keys_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "name", "user_id", "role", "complex_id", "access", "prefix", "token_hash", "expires_at", "last_used_at", "revoked_at", "revoked_by", "rotated_from", "expiry_told_at" from "api_keys" where "api_keys"."deleted_at" is null);
--> statement-breakpoint
GRANT SELECT ON api_keys_active TO servai_app, servai_system;
--> statement-breakpoint

-- Neither being used nor a notice of expiry changes a key.
DROP TRIGGER touch_row ON api_keys;
--> statement-breakpoint
CREATE TRIGGER touch_row BEFORE UPDATE ON api_keys FOR EACH ROW
  WHEN ((old.last_used_at, old.expiry_told_at) IS NOT DISTINCT FROM (new.last_used_at, new.expiry_told_at)) EXECUTE FUNCTION touch_row();
--> statement-breakpoint
-- As before, without both.
CREATE OR REPLACE FUNCTION audit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unaudited text[] := ARRAY['company_id', 'id', 'created_at', 'updated_at', 'version', 'deleted_with',
    'number_sort', 'name_sort', 'token_hash', 'nonce', 'key_id', 'last_used_at', 'expiry_told_at'] || ARRAY(
    SELECT attname::text FROM pg_attribute WHERE attrelid = TG_RELID AND attgenerated <> '' AND NOT attisdropped);
  contacts text[] := ARRAY(
    SELECT attname::text FROM pg_attribute WHERE attrelid = TG_RELID AND attname ~ '^(.*_)?(email|phone)(_key)?$' AND NOT attisdropped);
  actor uuid := audit_setting('user_id')::uuid;
  session uuid := audit_setting('session_id')::uuid;
  request text := audit_setting('request_id');
  address text := audit_setting('address');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, after)
    SELECT coalesce((r.row ->> 'company_id')::uuid, CASE TG_TABLE_NAME WHEN 'companies' THEN (r.row ->> 'id')::uuid END),
           actor, session, request, address, TG_TABLE_NAME || '.create', TG_TABLE_NAME, (r.row ->> 'id')::uuid,
           CASE contacts WHEN '{}' THEN e.entry ELSE mask_contacts(e.entry, contacts) END
    FROM (SELECT to_jsonb(n) AS row FROM new_rows n) r
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(r.row - unaudited) AS entry) e;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before)
    SELECT coalesce((r.row ->> 'company_id')::uuid, CASE TG_TABLE_NAME WHEN 'companies' THEN (r.row ->> 'id')::uuid END),
           actor, session, request, address, TG_TABLE_NAME || '.delete', TG_TABLE_NAME, (r.row ->> 'id')::uuid,
           CASE contacts WHEN '{}' THEN e.entry ELSE mask_contacts(e.entry, contacts) END
    FROM (SELECT to_jsonb(o) AS row FROM old_rows o) r
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(r.row - unaudited) AS entry) e;
  ELSE
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before, after)
    SELECT coalesce((c.new ->> 'company_id')::uuid, CASE TG_TABLE_NAME WHEN 'companies' THEN (c.new ->> 'id')::uuid END),
           actor, session, request, address,
           TG_TABLE_NAME || CASE
             WHEN c.old -> 'deleted_at' = 'null' AND c.new -> 'deleted_at' <> 'null' THEN '.remove'
             WHEN c.old -> 'deleted_at' <> 'null' AND c.new -> 'deleted_at' = 'null' THEN '.restore'
             ELSE '.update' END,
           TG_TABLE_NAME, (c.new ->> 'id')::uuid,
           CASE contacts WHEN '{}' THEN d.before ELSE mask_contacts(d.before, contacts) END,
           CASE contacts WHEN '{}' THEN d.after ELSE mask_contacts(d.after, contacts) END
    FROM (
      SELECT to_jsonb(o) AS old, to_jsonb(n) AS new FROM old_rows o JOIN new_rows n ON n.id = o.id
    ) c
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(k.key, c.old -> k.key) AS before, jsonb_object_agg(k.key, k.value) AS after
      FROM jsonb_each(c.new - unaudited) k
      WHERE k.value IS DISTINCT FROM c.old -> k.key
         OR k.key IN ('share_numerator', 'share_denominator') AND (c.new -> 'share_numerator', c.new -> 'share_denominator')
              IS DISTINCT FROM (c.old -> 'share_numerator', c.old -> 'share_denominator')
    ) d
    WHERE d.after IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;

-- What drizzle-kit cannot write: forced row-level security, grants, triggers. A later table calls raise_wall() in its own migration.

GRANT USAGE ON SCHEMA public TO servai_app, servai_system;
--> statement-breakpoint
GRANT USAGE ON SCHEMA drizzle TO servai_system;
--> statement-breakpoint
GRANT SELECT ON ALL TABLES IN SCHEMA drizzle TO servai_system;
--> statement-breakpoint

-- Every statement that changes a row raises its version: optimistic locking that no service can forget.
CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  NEW.updated_at := now();
  NEW.created_at := OLD.created_at;
  RETURN NEW;
END $$;
--> statement-breakpoint

CREATE FUNCTION audit_setting(name text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('app.' || name, true), '') $$;
--> statement-breakpoint

-- One INSERT .. SELECT per statement, whatever the number of rows.
CREATE FUNCTION audit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unaudited text[] := ARRAY['company_id', 'id', 'created_at', 'updated_at', 'version'];
  actor uuid := audit_setting('user_id')::uuid;
  session uuid := audit_setting('session_id')::uuid;
  request text := audit_setting('request_id');
  address text := audit_setting('address');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, after)
    SELECT coalesce((r.row ->> 'company_id')::uuid, CASE TG_TABLE_NAME WHEN 'companies' THEN (r.row ->> 'id')::uuid END),
           actor, session, request, address, TG_TABLE_NAME || '.create', TG_TABLE_NAME, (r.row ->> 'id')::uuid,
           jsonb_strip_nulls(r.row - unaudited)
    FROM (SELECT to_jsonb(n) AS row FROM new_rows n) r;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before)
    SELECT coalesce((r.row ->> 'company_id')::uuid, CASE TG_TABLE_NAME WHEN 'companies' THEN (r.row ->> 'id')::uuid END),
           actor, session, request, address, TG_TABLE_NAME || '.delete', TG_TABLE_NAME, (r.row ->> 'id')::uuid,
           jsonb_strip_nulls(r.row - unaudited)
    FROM (SELECT to_jsonb(o) AS row FROM old_rows o) r;
  ELSE
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before, after)
    SELECT coalesce((c.new ->> 'company_id')::uuid, CASE TG_TABLE_NAME WHEN 'companies' THEN (c.new ->> 'id')::uuid END),
           actor, session, request, address,
           TG_TABLE_NAME || CASE
             WHEN c.old -> 'deleted_at' = 'null' AND c.new -> 'deleted_at' <> 'null' THEN '.remove'
             WHEN c.old -> 'deleted_at' <> 'null' AND c.new -> 'deleted_at' = 'null' THEN '.restore'
             ELSE '.update' END,
           TG_TABLE_NAME, (c.new ->> 'id')::uuid, d.before, d.after
    FROM (
      SELECT to_jsonb(o) AS old, to_jsonb(n) AS new FROM old_rows o JOIN new_rows n ON n.id = o.id
    ) c
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(k.key, c.old -> k.key) AS before, jsonb_object_agg(k.key, k.value) AS after
      FROM jsonb_each(c.new - unaudited) k
      WHERE k.value IS DISTINCT FROM c.old -> k.key
    ) d
    WHERE d.after IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint

CREATE PROCEDURE audit_table(target regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes()', target);
  EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes()', target);
  EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes()', target);
END $$;
--> statement-breakpoint

-- A company table: nobody passes the policies, requests never delete (they remove softly), every change is audited.
CREATE PROCEDURE raise_wall(target regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO servai_app', target);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO servai_system', target);
  EXECUTE format('CREATE TRIGGER touch_row BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION touch_row()', target);
  CALL audit_table(target);
END $$;
--> statement-breakpoint

CALL raise_wall('complexes');
--> statement-breakpoint
CALL raise_wall('buildings');
--> statement-breakpoint
CALL raise_wall('entrances');
--> statement-breakpoint
CALL raise_wall('units');
--> statement-breakpoint
CALL raise_wall('people');
--> statement-breakpoint
CALL raise_wall('residencies');
--> statement-breakpoint

-- A company edits its own particulars; its status belongs to the platform.
ALTER TABLE companies FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, UPDATE (name, legal_name, registration_number, vat_number, country, currency, locale, timezone, address) ON companies TO servai_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON companies TO servai_system;
--> statement-breakpoint
CREATE TRIGGER touch_row BEFORE UPDATE ON companies FOR EACH ROW EXECUTE FUNCTION touch_row();
--> statement-breakpoint
CALL audit_table('companies');
--> statement-breakpoint

ALTER TABLE role_grants FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT ON role_grants TO servai_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON role_grants TO servai_system;
--> statement-breakpoint
CALL audit_table('role_grants');
--> statement-breakpoint

-- Identity: out of reach of the role that serves business procedures.
ALTER TABLE users FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE login_throttle FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE auth_tokens FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE dev_mailbox FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON users, credentials, login_throttle, sessions, auth_tokens, dev_mailbox TO servai_system;
--> statement-breakpoint
CREATE TRIGGER touch_row BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_row();
--> statement-breakpoint

ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT INSERT ON outbox TO servai_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO servai_system;
--> statement-breakpoint
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('outbox', '');
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();
--> statement-breakpoint

ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT ON audit_log TO servai_app, servai_system;
--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint

-- Views read as their caller (security_invoker), so the policies of their tables hold.
GRANT SELECT ON companies_active, complexes_active, buildings_active, entrances_active, units_active, people_active, residencies_active TO servai_app, servai_system;
--> statement-breakpoint
GRANT SELECT ON users_active TO servai_system;

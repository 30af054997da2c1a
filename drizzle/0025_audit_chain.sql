-- A partitioned table cannot be made of one that holds rows: the old one is read once more and dropped.
ALTER TABLE audit_log RENAME TO audit_log_unpartitioned;
--> statement-breakpoint
ALTER TABLE audit_log_unpartitioned NO FORCE ROW LEVEL SECURITY, ALTER COLUMN id DROP IDENTITY, DROP CONSTRAINT audit_log_pkey;
--> statement-breakpoint
DROP INDEX "audit_log_of_company";--> statement-breakpoint
DROP INDEX "audit_log_of_entity";--> statement-breakpoint
DROP INDEX "audit_log_of_actor";--> statement-breakpoint

CREATE SEQUENCE "public"."audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigint DEFAULT nextval('audit_log_id_seq') NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"company_id" uuid,
	"actor_id" uuid,
	"impersonator_id" uuid DEFAULT nullif(current_setting('app.impersonator_id', true), '')::uuid,
	"api_key_id" uuid DEFAULT nullif(current_setting('app.api_key_id', true), '')::uuid,
	"session_id" uuid,
	"request_id" text,
	"address" text,
	"action" text NOT NULL,
	"result" text DEFAULT 'ok' NOT NULL,
	"entity" text,
	"entity_id" uuid,
	"before" jsonb,
	"after" jsonb,
	CONSTRAINT "audit_log_id_at_pk" PRIMARY KEY("id","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "audit_seals" (
	"chain" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"audit_id" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"sealed_at" timestamp (3) with time zone NOT NULL,
	"kid" text NOT NULL,
	"parts" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_seals_chain_seq_sealed_at_pk" PRIMARY KEY("chain","seq","sealed_at")
) PARTITION BY RANGE ("sealed_at");
--> statement-breakpoint
CREATE TABLE "audit_chains" (
	"chain" uuid PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"sealed_at" timestamp (3) with time zone NOT NULL,
	"dropped_seq" bigint DEFAULT 0 NOT NULL,
	"dropped_hash" "bytea",
	"rows_since" timestamp (3) with time zone,
	"dropped_kid" text,
	"dropped_mac" "bytea"
);
--> statement-breakpoint
CREATE TABLE "audit_sealing" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"settled_id" bigint DEFAULT 0 NOT NULL,
	"verified_at" timestamp (3) with time zone,
	"verified_rows" bigint,
	"verified_faults" integer,
	"anchored_at" timestamp (3) with time zone,
	CONSTRAINT "audit_sealing_only" CHECK ("audit_sealing"."is_only")
);
--> statement-breakpoint
INSERT INTO audit_sealing DEFAULT VALUES;
--> statement-breakpoint
CREATE INDEX "audit_seals_of_row" ON "audit_seals" USING btree ("audit_id");--> statement-breakpoint
CREATE INDEX "audit_log_by_time" ON "audit_log" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_log_of_company" ON "audit_log" USING btree ("company_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_log_of_entity" ON "audit_log" USING btree ("company_id","entity_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_of_actor" ON "audit_log" USING btree ("actor_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_log_refused" ON "audit_log" USING btree ("company_id","at","id") WHERE "audit_log"."result" <> 'ok';
--> statement-breakpoint

-- One month of a partitioned table: reached through its parent alone, and as append-only as that.
CREATE FUNCTION raise_audit_month(parent regclass, month timestamptz) RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  child text := parent::text || to_char(month, '_YYYY_MM');
BEGIN
  month := date_trunc('month', month);
  IF to_regclass(quote_ident(child)) IS NOT NULL THEN RETURN NULL; END IF;
  EXECUTE format('CREATE TABLE public.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', child, parent);
  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', child);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', child);
  -- Unlike CREATE TABLE .. PARTITION OF, this does not wait for those who write.
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, child, month, month + interval '1 month');
  RETURN child;
END $$;
--> statement-breakpoint

-- Makes the months from the current one up to that of `until`, at most two years ahead; answers those that were missing.
CREATE FUNCTION create_audit_months(until timestamptz) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
  parent regclass;
  month timestamptz;
  child text;
BEGIN
  PERFORM pg_advisory_xact_lock(7306114921);
  FOREACH parent IN ARRAY ARRAY['audit_log', 'audit_seals']::regclass[] LOOP
    FOR month IN SELECT generate_series(date_trunc('month', now()), least(until, now() + interval '2 years'), interval '1 month') LOOP
      child := raise_audit_month(parent, month);
      IF child IS NOT NULL THEN RETURN NEXT child; END IF;
    END LOOP;
  END LOOP;
END $$;
--> statement-breakpoint

-- Drops the months that had ended by `before`, whole, rows with their seals; nothing younger than 30 days, whoever asks.
CREATE FUNCTION drop_audit_months(before timestamptz) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
  child text;
BEGIN
  IF before IS NULL OR before > now() - interval '30 days' THEN
    RAISE EXCEPTION 'the audit log of the last 30 days is not dropped' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(7306114921);
  FOR child IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent IN ('audit_log'::regclass, 'audit_seals'::regclass)
      AND to_timestamp(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
    ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', child);
    RETURN NEXT child;
  END LOOP;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION raise_audit_month(regclass, timestamptz), create_audit_months(timestamptz), drop_audit_months(timestamptz) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION create_audit_months(timestamptz), drop_audit_months(timestamptz) TO servai_system;
--> statement-breakpoint

SELECT raise_audit_month('audit_log', month)
FROM (SELECT date_trunc('month', least(min(at), now()), 'UTC') AS first FROM audit_log_unpartitioned) old,
     generate_series(old.first, now(), interval '1 month') month;
--> statement-breakpoint
SELECT create_audit_months(now() + interval '3 months');
--> statement-breakpoint
INSERT INTO audit_log (id, at, company_id, actor_id, impersonator_id, api_key_id, session_id, request_id, address, action, result, entity, entity_id, before, after)
SELECT id, at, company_id, actor_id, impersonator_id, api_key_id, session_id, request_id, address, action, result, entity, entity_id, before, after
FROM audit_log_unpartitioned ORDER BY id;
--> statement-breakpoint
SELECT setval('audit_log_id_seq', max(id)) FROM audit_log HAVING max(id) IS NOT NULL;
--> statement-breakpoint
DROP TABLE audit_log_unpartitioned;
--> statement-breakpoint

ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_seals" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_chains" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_sealing" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "company_reads" ON "audit_log" AS PERMISSIVE FOR SELECT TO "servai_app" USING ("audit_log"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "company_appends" ON "audit_log" AS PERMISSIVE FOR INSERT TO "servai_app" WITH CHECK ("audit_log"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "owner_appends" ON "audit_log" AS PERMISSIVE FOR INSERT TO "servai_owner" WITH CHECK ("audit_log"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "audit_log" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_reads" ON "audit_chains" AS PERMISSIVE FOR SELECT TO "servai_app" USING ("audit_chains"."chain" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "audit_chains" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "audit_sealing" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_reads" ON "audit_seals" AS PERMISSIVE FOR SELECT TO "servai_app" USING ("audit_seals"."chain" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "audit_seals" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit_seals FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit_chains FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit_sealing FORCE ROW LEVEL SECURITY;
--> statement-breakpoint

-- When, which number, and who stood behind it are the database's to say.
GRANT SELECT, INSERT (company_id, actor_id, session_id, request_id, address, action, result, entity, entity_id, before, after)
ON audit_log TO servai_app, servai_system;
--> statement-breakpoint
GRANT USAGE ON SEQUENCE audit_log_id_seq TO servai_app, servai_system;
--> statement-breakpoint
GRANT SELECT (chain, seq, audit_id, at, sealed_at) ON audit_seals TO servai_app;
--> statement-breakpoint
GRANT SELECT, INSERT ON audit_seals TO servai_system;
--> statement-breakpoint
GRANT SELECT (chain, seq, sealed_at, dropped_seq, rows_since) ON audit_chains TO servai_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON audit_chains TO servai_system;
--> statement-breakpoint
GRANT SELECT, UPDATE ON audit_sealing TO servai_system;
--> statement-breakpoint

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON audit_chains FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER only_grows BEFORE UPDATE ON audit_chains FOR EACH ROW
  WHEN (new.chain <> old.chain OR new.seq < old.seq OR new.dropped_seq < old.dropped_seq OR new.rows_since < old.rows_since)
  EXECUTE FUNCTION refuse_change();
--> statement-breakpoint

-- What the trigger of a table is told: columns that are no news, and those that hold an address or a number. A table whose columns
-- change is audited anew, `CALL audit_table('<plural>')`; the check at the start asks for it.
CREATE FUNCTION audit_arguments(target regclass, OUT unaudited text, OUT contacts text) LANGUAGE sql STABLE AS $$
  SELECT
    coalesce(array_agg(attname ORDER BY attname) FILTER (WHERE attgenerated <> '' OR attname IN ('company_id', 'id', 'created_at',
      'updated_at', 'version', 'deleted_with', 'number_sort', 'name_sort', 'token_hash', 'nonce', 'key_id', 'last_used_at', 'expiry_told_at')), '{}')::text,
    coalesce(array_agg(attname ORDER BY attname) FILTER (WHERE attgenerated = '' AND attname ~ '^(.*_)?(email|phone)(_key)?$'), '{}')::text
  FROM pg_attribute WHERE attrelid = target AND attnum > 0 AND NOT attisdropped
$$;
--> statement-breakpoint

CREATE OR REPLACE PROCEDURE audit_table(target regclass) LANGUAGE plpgsql AS $$
DECLARE
  told text := (SELECT format('%L, %L', unaudited, contacts) FROM audit_arguments(target));
BEGIN
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%s)', target, told);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%s)', target, told);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%s)', target, told);
END $$;
--> statement-breakpoint

-- As before, told about its table once instead of asking the catalogue each time, and with a short way for a single row.
CREATE OR REPLACE FUNCTION audit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unaudited text[] := TG_ARGV[0];
  contacts text[] := TG_ARGV[1];
  actor uuid := nullif(current_setting('app.user_id', true), '');
  session uuid := nullif(current_setting('app.session_id', true), '');
  request text := nullif(current_setting('app.request_id', true), '');
  address text := nullif(current_setting('app.address', true), '');
  old_row jsonb;
  new_row jsonb;
  old_values jsonb;
  new_values jsonb;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, after)
    SELECT coalesce(r.row ->> 'company_id', CASE TG_TABLE_NAME WHEN 'companies' THEN r.row ->> 'id' END)::uuid,
           actor, session, request, address, TG_TABLE_NAME || '.create', TG_TABLE_NAME, (r.row ->> 'id')::uuid,
           CASE contacts WHEN '{}' THEN e.entry ELSE mask_contacts(e.entry, contacts) END
    FROM (SELECT to_jsonb(n) AS row FROM new_rows n) r
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(r.row - unaudited) AS entry) e;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before)
    SELECT coalesce(r.row ->> 'company_id', CASE TG_TABLE_NAME WHEN 'companies' THEN r.row ->> 'id' END)::uuid,
           actor, session, request, address, TG_TABLE_NAME || '.delete', TG_TABLE_NAME, (r.row ->> 'id')::uuid,
           CASE contacts WHEN '{}' THEN e.entry ELSE mask_contacts(e.entry, contacts) END
    FROM (SELECT to_jsonb(o) AS row FROM old_rows o) r
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(r.row - unaudited) AS entry) e;
  ELSIF (SELECT count(*) < 2 FROM (SELECT FROM new_rows LIMIT 2) first_two) THEN
    SELECT to_jsonb(o) INTO old_row FROM old_rows o;
    SELECT to_jsonb(n) INTO new_row FROM new_rows n;
    SELECT jsonb_object_agg(k.key, old_row -> k.key), jsonb_object_agg(k.key, k.value) INTO old_values, new_values
    FROM jsonb_each(new_row - unaudited) k
    WHERE k.value IS DISTINCT FROM old_row -> k.key
       OR k.key IN ('share_numerator', 'share_denominator') AND (new_row -> 'share_numerator', new_row -> 'share_denominator')
            IS DISTINCT FROM (old_row -> 'share_numerator', old_row -> 'share_denominator');
    IF new_values IS NULL THEN RETURN NULL; END IF;
    IF contacts <> '{}' THEN
      old_values := mask_contacts(old_values, contacts);
      new_values := mask_contacts(new_values, contacts);
    END IF;
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before, after)
    VALUES (coalesce(new_row ->> 'company_id', CASE TG_TABLE_NAME WHEN 'companies' THEN new_row ->> 'id' END)::uuid,
            actor, session, request, address,
            TG_TABLE_NAME || CASE
              WHEN old_row -> 'deleted_at' = 'null' AND new_row -> 'deleted_at' <> 'null' THEN '.remove'
              WHEN old_row -> 'deleted_at' <> 'null' AND new_row -> 'deleted_at' = 'null' THEN '.restore'
              ELSE '.update' END,
            TG_TABLE_NAME, (new_row ->> 'id')::uuid, old_values, new_values);
  ELSE
    -- A plan kept from a change of a few rows must not compare each old row of the next one with each new.
    PERFORM set_config('enable_nestloop', 'off', true);
    INSERT INTO audit_log (company_id, actor_id, session_id, request_id, address, action, entity, entity_id, before, after)
    SELECT coalesce(c.new ->> 'company_id', CASE TG_TABLE_NAME WHEN 'companies' THEN c.new ->> 'id' END)::uuid,
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
    PERFORM set_config('enable_nestloop', 'on', true);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DO $$
DECLARE
  was record;
BEGIN
  FOR was IN
    SELECT pg_get_triggerdef(t.oid) AS definition, format('audit_changes(%L, %L)', a.unaudited, a.contacts) AS told
    FROM pg_trigger t CROSS JOIN LATERAL audit_arguments(t.tgrelid) a WHERE t.tgfoid = 'audit_changes()'::regprocedure
  LOOP
    EXECUTE replace(replace(was.definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'), 'audit_changes()', was.told);
  END LOOP;
END $$;
--> statement-breakpoint
DROP FUNCTION audit_setting(text);
--> statement-breakpoint

CREATE OR REPLACE FUNCTION analyze_registry() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  ANALYZE buildings, entrances, units, people, residencies, import_rows;
  EXECUTE format('ANALYZE %I', 'audit_log' || to_char(now() AT TIME ZONE 'UTC', '_YYYY_MM'));
END $$;

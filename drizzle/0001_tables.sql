CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"company_id" uuid,
	"actor_id" uuid,
	"session_id" uuid,
	"request_id" text,
	"address" text,
	"action" text NOT NULL,
	"result" text DEFAULT 'ok' NOT NULL,
	"entity" text,
	"entity_id" uuid,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "buildings" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"complex_id" uuid NOT NULL,
	"name" text NOT NULL,
	"name_sort" text NOT NULL,
	"address" text DEFAULT '' NOT NULL,
	"floors" integer,
	CONSTRAINT "buildings_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "buildings_in_complex" UNIQUE("company_id","complex_id","id")
);
--> statement-breakpoint
ALTER TABLE "buildings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "companies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"legal_name" text NOT NULL,
	"registration_number" text NOT NULL,
	"vat_number" text,
	"country" char(2) NOT NULL,
	"currency" char(3) NOT NULL,
	"locale" text NOT NULL,
	"timezone" text NOT NULL,
	"address" text DEFAULT '' NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	CONSTRAINT "companies_status" CHECK ("companies"."status" in ('active', 'grace', 'blocked'))
);
--> statement-breakpoint
ALTER TABLE "companies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "complexes" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"name" text NOT NULL,
	"city" text NOT NULL,
	"address" text NOT NULL,
	"timezone" text NOT NULL,
	CONSTRAINT "complexes_company_id_id_pk" PRIMARY KEY("company_id","id")
);
--> statement-breakpoint
ALTER TABLE "complexes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "entrances" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"complex_id" uuid NOT NULL,
	"building_id" uuid NOT NULL,
	"number" text NOT NULL,
	"number_sort" text NOT NULL,
	CONSTRAINT "entrances_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "entrances_in_building" UNIQUE("company_id","building_id","id")
);
--> statement-breakpoint
ALTER TABLE "entrances" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "role_grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"company_id" uuid,
	"complex_id" uuid,
	"granted_by" uuid,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "role_grants_role" CHECK ("role_grants"."role" in ('platform_admin', 'platform_accountant', 'director', 'accountant', 'complex_manager', 'technician', 'guard')),
	CONSTRAINT "role_grants_scope" CHECK (case when "role_grants"."role" in ('platform_admin', 'platform_accountant') then "role_grants"."company_id" is null and "role_grants"."complex_id" is null
               when "role_grants"."role" in ('director', 'accountant') then "role_grants"."company_id" is not null and "role_grants"."complex_id" is null
               else "role_grants"."company_id" is not null and "role_grants"."complex_id" is not null end)
);
--> statement-breakpoint
ALTER TABLE "role_grants" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "dev_mailbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"idempotency_key" text NOT NULL,
	"sender" text NOT NULL,
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"html" text NOT NULL,
	"text" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "dev_mailbox_idempotency_key_unique" UNIQUE("idempotency_key")
);
--> statement-breakpoint
ALTER TABLE "dev_mailbox" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"company_id" uuid,
	"topic" text NOT NULL,
	"payload" jsonb NOT NULL,
	"request_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"available_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"relayed_at" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"done_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"last_error" text
);
--> statement-breakpoint
ALTER TABLE "outbox" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "people" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"user_id" uuid,
	"first_name" text NOT NULL,
	"last_name" text NOT NULL,
	"email" text,
	"phone" text,
	CONSTRAINT "people_company_id_id_pk" PRIMARY KEY("company_id","id")
);
--> statement-breakpoint
ALTER TABLE "people" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "residencies" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"unit_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"share_numerator" bigint,
	"share_denominator" bigint,
	"starts_on" date NOT NULL,
	"ends_on" date,
	"verified_level" text DEFAULT 'unverified' NOT NULL,
	CONSTRAINT "residencies_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "residencies_kind" CHECK ("residencies"."kind" in ('owner', 'tenant', 'family')),
	CONSTRAINT "residencies_verified_level" CHECK ("residencies"."verified_level" in ('unverified', 'verified', 'owner_proved')),
	CONSTRAINT "residencies_period" CHECK ("residencies"."ends_on" is null or "residencies"."ends_on" > "residencies"."starts_on"),
	CONSTRAINT "residencies_share_fraction" CHECK (("residencies"."share_numerator" is null) = ("residencies"."share_denominator" is null) and "residencies"."share_numerator" between 1 and "residencies"."share_denominator"),
	CONSTRAINT "residencies_share_of_owner" CHECK ("residencies"."share_numerator" is null or "residencies"."kind" = 'owner')
);
--> statement-breakpoint
ALTER TABLE "residencies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "auth_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"nonce" text NOT NULL,
	"key_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"email_key" text NOT NULL,
	"requested_from" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	"voided_at" timestamp (3) with time zone,
	CONSTRAINT "auth_tokens_purpose" CHECK ("auth_tokens"."purpose" in ('verify_email', 'reset_password'))
);
--> statement-breakpoint
ALTER TABLE "auth_tokens" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"delivery" text NOT NULL,
	"nonce" text NOT NULL,
	"key_id" text NOT NULL,
	"counter" integer DEFAULT 0 NOT NULL,
	"rotated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"idle_seconds" integer NOT NULL,
	"address_prefix" text NOT NULL,
	"user_agent" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"revoked_reason" text,
	CONSTRAINT "sessions_delivery" CHECK ("sessions"."delivery" in ('cookie', 'body')),
	CONSTRAINT "sessions_revoked_reason" CHECK ("sessions"."revoked_reason" in ('logout', 'logout_all', 'revoked_by_user', 'password_changed', 'password_reset', 'refresh_reuse', 'evicted', 'disabled', 'email_verified'))
);
--> statement-breakpoint
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "units" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"complex_id" uuid NOT NULL,
	"building_id" uuid NOT NULL,
	"entrance_id" uuid,
	"type" text DEFAULT 'apartment' NOT NULL,
	"number" text NOT NULL,
	"number_sort" text NOT NULL,
	"floor" integer,
	"area_m2" numeric(10, 2),
	"share_numerator" bigint,
	"share_denominator" bigint,
	CONSTRAINT "units_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "units_type" CHECK ("units"."type" in ('apartment', 'studio', 'commercial', 'parking', 'storage')),
	CONSTRAINT "units_area_positive" CHECK ("units"."area_m2" > 0),
	CONSTRAINT "units_share_fraction" CHECK (("units"."share_numerator" is null) = ("units"."share_denominator" is null) and "units"."share_numerator" between 0 and "units"."share_denominator" and "units"."share_denominator" > 0)
);
--> statement-breakpoint
ALTER TABLE "units" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "credentials" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "credentials" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "login_throttle" (
	"identifier_hash" text PRIMARY KEY NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"locked_until" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "login_throttle" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"email_key" text NOT NULL,
	"first_name" text NOT NULL,
	"last_name" text NOT NULL,
	"locale" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"email_verified_at" timestamp (3) with time zone,
	"token_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	CONSTRAINT "users_status" CHECK ("users"."status" in ('active', 'disabled'))
);
--> statement-breakpoint
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "buildings" ADD CONSTRAINT "buildings_complex" FOREIGN KEY ("company_id","complex_id") REFERENCES "public"."complexes"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "complexes" ADD CONSTRAINT "complexes_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entrances" ADD CONSTRAINT "entrances_building" FOREIGN KEY ("company_id","complex_id","building_id") REFERENCES "public"."buildings"("company_id","complex_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_complex" FOREIGN KEY ("company_id","complex_id") REFERENCES "public"."complexes"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residencies" ADD CONSTRAINT "residencies_unit" FOREIGN KEY ("company_id","unit_id") REFERENCES "public"."units"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residencies" ADD CONSTRAINT "residencies_person" FOREIGN KEY ("company_id","person_id") REFERENCES "public"."people"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth_tokens" ADD CONSTRAINT "auth_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "units" ADD CONSTRAINT "units_building" FOREIGN KEY ("company_id","complex_id","building_id") REFERENCES "public"."buildings"("company_id","complex_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "units" ADD CONSTRAINT "units_entrance" FOREIGN KEY ("company_id","building_id","entrance_id") REFERENCES "public"."entrances"("company_id","building_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_of_company" ON "audit_log" USING btree ("company_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_of_entity" ON "audit_log" USING btree ("company_id","entity_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_of_actor" ON "audit_log" USING btree ("actor_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "buildings_name" ON "buildings" USING btree ("company_id","complex_id","name") WHERE "buildings"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "buildings_by_name" ON "buildings" USING btree ("company_id","name_sort","id") WHERE "buildings"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "companies_registration" ON "companies" USING btree ("country","registration_number") WHERE "companies"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "complexes_name" ON "complexes" USING btree ("company_id",lower("name")) WHERE "complexes"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "complexes_by_name" ON "complexes" USING btree ("company_id","name","id") WHERE "complexes"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "entrances_number" ON "entrances" USING btree ("company_id","building_id","number") WHERE "entrances"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "entrances_by_number" ON "entrances" USING btree ("company_id","number_sort","id") WHERE "entrances"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "role_grants_once" ON "role_grants" USING btree ("user_id","role",coalesce("company_id", '00000000-0000-0000-0000-000000000000'),coalesce("complex_id", '00000000-0000-0000-0000-000000000000'));--> statement-breakpoint
CREATE INDEX "role_grants_of_company" ON "role_grants" USING btree ("company_id");--> statement-breakpoint
CREATE INDEX "dev_mailbox_by_recipient" ON "dev_mailbox" USING btree ("recipient","created_at");--> statement-breakpoint
CREATE INDEX "outbox_open" ON "outbox" USING btree ("available_at","id") WHERE "outbox"."done_at" is null and "outbox"."failed_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "people_account" ON "people" USING btree ("company_id","user_id") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_by_account" ON "people" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "people_by_name" ON "people" USING btree ("company_id","last_name","first_name","id") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_search" ON "people" USING gin ((lower("first_name" || ' ' || "last_name")) gin_trgm_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "residencies_open" ON "residencies" USING btree ("company_id","unit_id","person_id") WHERE "residencies"."deleted_at" is null and "residencies"."ends_on" is null;--> statement-breakpoint
CREATE INDEX "residencies_of_unit" ON "residencies" USING btree ("company_id","unit_id","id") WHERE "residencies"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "residencies_of_person" ON "residencies" USING btree ("company_id","person_id","id") WHERE "residencies"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "residencies_by_start" ON "residencies" USING btree ("company_id","starts_on","id") WHERE "residencies"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "auth_tokens_hash" ON "auth_tokens" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "auth_tokens_one_live" ON "auth_tokens" USING btree ("user_id","purpose") WHERE "auth_tokens"."used_at" is null and "auth_tokens"."voided_at" is null;--> statement-breakpoint
CREATE INDEX "auth_tokens_by_expiry" ON "auth_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_live" ON "sessions" USING btree ("user_id","last_seen_at") WHERE "sessions"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "sessions_by_expiry" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "units_number" ON "units" USING btree ("company_id","building_id","number") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_by_number" ON "units" USING btree ("company_id","number_sort","id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_of_complex" ON "units" USING btree ("company_id","complex_id","number_sort","id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_of_building" ON "units" USING btree ("company_id","building_id","number_sort","id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_of_entrance" ON "units" USING btree ("company_id","entrance_id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_by_floor" ON "units" USING btree ("company_id","floor","id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_by_area" ON "units" USING btree ("company_id","area_m2","id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "units_number_prefix" ON "units" USING btree ("company_id",upper("number") text_pattern_ops) WHERE "units"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree ("email_key") WHERE "users"."deleted_at" is null;--> statement-breakpoint
CREATE VIEW "public"."buildings_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "complex_id", "name", "name_sort", "address", "floors" from "buildings" where "buildings"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."companies_active" WITH (security_invoker = true) AS (select "id", "name", "legal_name", "registration_number", "vat_number", "country", "currency", "locale", "timezone", "address", "status", "created_at", "updated_at", "version", "deleted_at", "deleted_by" from "companies" where "companies"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."complexes_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "name", "city", "address", "timezone" from "complexes" where "complexes"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."entrances_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "complex_id", "building_id", "number", "number_sort" from "entrances" where "entrances"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."people_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "user_id", "first_name", "last_name", "email", "phone" from "people" where "people"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."residencies_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "unit_id", "person_id", "kind", "share_numerator", "share_denominator", "starts_on", "ends_on", "verified_level" from "residencies" where "residencies"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."units_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "complex_id", "building_id", "entrance_id", "type", "number", "number_sort", "floor", "area_m2", "share_numerator", "share_denominator" from "units" where "units"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."users_active" WITH (security_invoker = true) AS (select "id", "email", "email_key", "first_name", "last_name", "locale", "status", "email_verified_at", "token_version", "created_at", "updated_at", "version", "deleted_at", "deleted_by" from "users" where "users"."deleted_at" is null);--> statement-breakpoint
CREATE POLICY "company_reads" ON "audit_log" AS PERMISSIVE FOR SELECT TO "servai_app" USING ("audit_log"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "company_appends" ON "audit_log" AS PERMISSIVE FOR INSERT TO "servai_app" WITH CHECK ("audit_log"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "audit_log" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "buildings" AS PERMISSIVE FOR ALL TO "servai_app" USING ("buildings"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("buildings"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "buildings" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "companies" AS PERMISSIVE FOR ALL TO "servai_app" USING ("companies"."id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("companies"."id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "companies" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "complexes" AS PERMISSIVE FOR ALL TO "servai_app" USING ("complexes"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("complexes"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "complexes" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "entrances" AS PERMISSIVE FOR ALL TO "servai_app" USING ("entrances"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("entrances"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "entrances" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "role_grants" AS PERMISSIVE FOR ALL TO "servai_app" USING ("role_grants"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("role_grants"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "role_grants" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "dev_mailbox" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "outbox" AS PERMISSIVE FOR INSERT TO "servai_app" WITH CHECK ("outbox"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "outbox" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "people" AS PERMISSIVE FOR ALL TO "servai_app" USING ("people"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("people"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "people" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "residencies" AS PERMISSIVE FOR ALL TO "servai_app" USING ("residencies"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("residencies"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "residencies" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "auth_tokens" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "sessions" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "units" AS PERMISSIVE FOR ALL TO "servai_app" USING ("units"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("units"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "units" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "credentials" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "login_throttle" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_access" ON "users" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);
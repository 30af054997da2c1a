CREATE TABLE "claims" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"complex_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"first_name" text NOT NULL,
	"last_name" text NOT NULL,
	"email" text NOT NULL,
	"phone" text,
	"stated_building" text DEFAULT '' NOT NULL,
	"stated_unit" text NOT NULL,
	"kind" text NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"residency_id" uuid,
	"decided_at" timestamp (3) with time zone,
	"decided_by" uuid,
	"decision_note" text DEFAULT '' NOT NULL,
	CONSTRAINT "claims_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "claims_kind" CHECK ("claims"."kind" in ('owner', 'tenant', 'family')),
	CONSTRAINT "claims_status" CHECK ("claims"."status" in ('pending', 'approved', 'declined', 'withdrawn')),
	CONSTRAINT "claims_decided" CHECK (("claims"."status" = 'pending') = ("claims"."decided_at" is null)),
	CONSTRAINT "claims_approved" CHECK (("claims"."status" = 'approved') = ("claims"."residency_id" is not null))
);
--> statement-breakpoint
ALTER TABLE "claims" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "export_files" (
	"company_id" uuid NOT NULL,
	"export_id" uuid NOT NULL,
	"piece" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "export_files_company_id_export_id_piece_pk" PRIMARY KEY("company_id","export_id","piece")
);
--> statement-breakpoint
ALTER TABLE "export_files" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "exports" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"kind" text NOT NULL,
	"format" text NOT NULL,
	"filter" jsonb NOT NULL,
	"context_key" text NOT NULL,
	"locale" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"rows" integer DEFAULT 0 NOT NULL,
	"total_rows" integer,
	"file_name" text NOT NULL,
	"file_bytes" integer,
	"failure" text,
	"created_by" uuid NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"cancel_requested_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "exports_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "exports_kind" CHECK ("exports"."kind" in ('units', 'people', 'residencies', 'invites', 'complexes', 'buildings', 'staff')),
	CONSTRAINT "exports_format" CHECK ("exports"."format" in ('xlsx', 'csv')),
	CONSTRAINT "exports_status" CHECK ("exports"."status" in ('queued', 'running', 'done', 'failed', 'cancelled')),
	CONSTRAINT "exports_failure" CHECK (("exports"."status" = 'failed') = ("exports"."failure" is not null))
);
--> statement-breakpoint
ALTER TABLE "exports" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "import_files" (
	"company_id" uuid NOT NULL,
	"import_id" uuid NOT NULL,
	"piece" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "import_files_company_id_import_id_piece_pk" PRIMARY KEY("company_id","import_id","piece")
);
--> statement-breakpoint
ALTER TABLE "import_files" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "import_mappings" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"kind" text NOT NULL,
	"headers_hash" text NOT NULL,
	"mapping" jsonb NOT NULL,
	CONSTRAINT "import_mappings_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "import_mappings_kind" CHECK ("import_mappings"."kind" in ('units', 'people'))
);
--> statement-breakpoint
ALTER TABLE "import_mappings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "import_rows" (
	"company_id" uuid NOT NULL,
	"import_id" uuid NOT NULL,
	"row" integer NOT NULL,
	"state" text NOT NULL,
	"cells" jsonb NOT NULL,
	"data" jsonb,
	"problems" jsonb,
	"changes" jsonb,
	"applied" jsonb,
	CONSTRAINT "import_rows_company_id_import_id_row_pk" PRIMARY KEY("company_id","import_id","row"),
	CONSTRAINT "import_rows_state" CHECK ("import_rows"."state" in ('new', 'changed', 'unchanged', 'refused'))
);
--> statement-breakpoint
ALTER TABLE "import_rows" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "imports" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"kind" text NOT NULL,
	"complex_id" uuid,
	"status" text DEFAULT 'reading' NOT NULL,
	"file_name" text NOT NULL,
	"file_bytes" integer NOT NULL,
	"headers" jsonb,
	"mapping" jsonb,
	"counts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"failure" text,
	"created_by" uuid NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"cancel_requested_at" timestamp (3) with time zone,
	"undone_at" timestamp (3) with time zone,
	"undone_by" uuid,
	CONSTRAINT "imports_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "imports_kind" CHECK ("imports"."kind" in ('units', 'people')),
	CONSTRAINT "imports_status" CHECK ("imports"."status" in ('reading', 'ready', 'queued', 'running', 'done', 'done_with_errors', 'failed', 'cancelled', 'undone')),
	CONSTRAINT "imports_failure" CHECK (("imports"."status" = 'failed') = ("imports"."failure" is not null))
);
--> statement-breakpoint
ALTER TABLE "imports" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "invite_uses" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"invite_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"residency_id" uuid NOT NULL,
	CONSTRAINT "invite_uses_company_id_id_pk" PRIMARY KEY("company_id","id")
);
--> statement-breakpoint
ALTER TABLE "invite_uses" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "invites" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"unit_id" uuid NOT NULL,
	"person_id" uuid,
	"kind" text NOT NULL,
	"max_uses" integer,
	"used_count" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" uuid,
	"token_hash" text NOT NULL,
	"nonce" text NOT NULL,
	"key_id" text NOT NULL,
	"created_by" uuid NOT NULL,
	"mailed_at" timestamp (3) with time zone,
	CONSTRAINT "invites_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "invites_kind" CHECK ("invites"."kind" in ('owner', 'tenant', 'family')),
	CONSTRAINT "invites_uses" CHECK ("invites"."used_count" >= 0 and "invites"."used_count" <= coalesce("invites"."max_uses", "invites"."used_count")),
	CONSTRAINT "invites_max_uses" CHECK ("invites"."max_uses" > 0),
	CONSTRAINT "invites_for_one" CHECK ("invites"."person_id" is null or "invites"."max_uses" = 1)
);
--> statement-breakpoint
ALTER TABLE "invites" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "platform_settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_by" uuid
);
--> statement-breakpoint
ALTER TABLE "platform_settings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "settings" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"complex_id" uuid,
	"key" text NOT NULL,
	"value" jsonb NOT NULL,
	CONSTRAINT "settings_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "settings_once" UNIQUE NULLS NOT DISTINCT("company_id","complex_id","key")
);
--> statement-breakpoint
ALTER TABLE "settings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "staff_invites" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"email" text NOT NULL,
	"email_key" text NOT NULL,
	"role" text NOT NULL,
	"complex_ids" uuid[] DEFAULT '{}' NOT NULL,
	"title" text DEFAULT '' NOT NULL,
	"specialisations" text[] DEFAULT '{}' NOT NULL,
	"locale" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" uuid,
	"accepted_at" timestamp (3) with time zone,
	"accepted_by" uuid,
	"token_hash" text NOT NULL,
	"nonce" text NOT NULL,
	"key_id" text NOT NULL,
	"created_by" uuid,
	CONSTRAINT "staff_invites_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "staff_invites_role" CHECK ("staff_invites"."role" in ('director', 'accountant', 'complex_manager', 'technician', 'guard')),
	CONSTRAINT "staff_invites_specialisations" CHECK ("staff_invites"."specialisations" <@ array['plumber', 'electrician', 'heating', 'lifts', 'locksmith', 'builder', 'cleaner', 'gardener', 'security']),
	CONSTRAINT "staff_invites_scope" CHECK (("staff_invites"."role" in ('director', 'accountant')) = (cardinality("staff_invites"."complex_ids") = 0)),
	CONSTRAINT "staff_invites_accepted" CHECK (("staff_invites"."accepted_at" is null) = ("staff_invites"."accepted_by" is null))
);
--> statement-breakpoint
ALTER TABLE "staff_invites" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "staff_profiles" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"user_id" uuid NOT NULL,
	"title" text DEFAULT '' NOT NULL,
	"phone" text,
	"specialisations" text[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "staff_profiles_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "staff_profiles_specialisations" CHECK ("staff_profiles"."specialisations" <@ array['plumber', 'electrician', 'heating', 'lifts', 'locksmith', 'builder', 'cleaner', 'gardener', 'security'])
);
--> statement-breakpoint
ALTER TABLE "staff_profiles" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "unit_types" (
	"company_id" uuid DEFAULT nullif(current_setting('app.company_id', true), '')::uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"deleted_by" uuid,
	"deleted_with" uuid,
	"name" text NOT NULL,
	"type" text NOT NULL,
	CONSTRAINT "unit_types_company_id_id_pk" PRIMARY KEY("company_id","id"),
	CONSTRAINT "unit_types_of_type" UNIQUE("company_id","id","type"),
	CONSTRAINT "unit_types_type" CHECK ("unit_types"."type" in ('apartment', 'studio', 'commercial', 'parking', 'storage'))
);
--> statement-breakpoint
ALTER TABLE "unit_types" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP VIEW "public"."buildings_active";--> statement-breakpoint
DROP VIEW "public"."companies_active";--> statement-breakpoint
DROP VIEW "public"."complexes_active";--> statement-breakpoint
DROP VIEW "public"."entrances_active";--> statement-breakpoint
DROP VIEW "public"."people_active";--> statement-breakpoint
DROP VIEW "public"."residencies_active";--> statement-breakpoint
DROP VIEW "public"."units_active";--> statement-breakpoint
ALTER TABLE "buildings" ADD COLUMN "deleted_with" uuid;--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "email" text;--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "phone" text;--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "bank_name" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "iban" text;--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "bic" text;--> statement-breakpoint
ALTER TABLE "complexes" ADD COLUMN "deleted_with" uuid;--> statement-breakpoint
ALTER TABLE "entrances" ADD COLUMN "deleted_with" uuid;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "deleted_with" uuid;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "email_key" text GENERATED ALWAYS AS (lower(btrim(normalize(email)))) STORED;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "phone_key" text GENERATED ALWAYS AS (regexp_replace(phone, '[^0-9]', '', 'g')) STORED;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "note" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "residencies" ADD COLUMN "deleted_with" uuid;--> statement-breakpoint
ALTER TABLE "units" ADD COLUMN "deleted_with" uuid;--> statement-breakpoint
ALTER TABLE "units" ADD COLUMN "unit_type_id" uuid;--> statement-breakpoint
ALTER TABLE "claims" ADD CONSTRAINT "claims_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claims" ADD CONSTRAINT "claims_complex" FOREIGN KEY ("company_id","complex_id") REFERENCES "public"."complexes"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claims" ADD CONSTRAINT "claims_residency" FOREIGN KEY ("company_id","residency_id") REFERENCES "public"."residencies"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "export_files" ADD CONSTRAINT "export_files_export" FOREIGN KEY ("company_id","export_id") REFERENCES "public"."exports"("company_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exports" ADD CONSTRAINT "exports_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_files" ADD CONSTRAINT "import_files_import" FOREIGN KEY ("company_id","import_id") REFERENCES "public"."imports"("company_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_mappings" ADD CONSTRAINT "import_mappings_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_rows" ADD CONSTRAINT "import_rows_import" FOREIGN KEY ("company_id","import_id") REFERENCES "public"."imports"("company_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_complex" FOREIGN KEY ("company_id","complex_id") REFERENCES "public"."complexes"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invite_uses" ADD CONSTRAINT "invite_uses_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invite_uses" ADD CONSTRAINT "invite_uses_invite" FOREIGN KEY ("company_id","invite_id") REFERENCES "public"."invites"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invite_uses" ADD CONSTRAINT "invite_uses_residency" FOREIGN KEY ("company_id","residency_id") REFERENCES "public"."residencies"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_unit" FOREIGN KEY ("company_id","unit_id") REFERENCES "public"."units"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_person" FOREIGN KEY ("company_id","person_id") REFERENCES "public"."people"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settings" ADD CONSTRAINT "settings_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settings" ADD CONSTRAINT "settings_complex" FOREIGN KEY ("company_id","complex_id") REFERENCES "public"."complexes"("company_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_invites" ADD CONSTRAINT "staff_invites_accepted_by_users_id_fk" FOREIGN KEY ("accepted_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_invites" ADD CONSTRAINT "staff_invites_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_profiles" ADD CONSTRAINT "staff_profiles_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_profiles" ADD CONSTRAINT "staff_profiles_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unit_types" ADD CONSTRAINT "unit_types_company" FOREIGN KEY ("company_id") REFERENCES "public"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "claims_pending" ON "claims" USING btree ("company_id","complex_id","user_id") WHERE "claims"."status" = 'pending' and "claims"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "claims_of_account" ON "claims" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "claims_of_company" ON "claims" USING btree ("company_id","status","id") WHERE "claims"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "exports_of_creator" ON "exports" USING btree ("company_id","created_by","id");--> statement-breakpoint
CREATE INDEX "exports_by_expiry" ON "exports" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "import_mappings_once" ON "import_mappings" USING btree ("company_id","kind","headers_hash");--> statement-breakpoint
CREATE INDEX "import_rows_by_state" ON "import_rows" USING btree ("company_id","import_id","state","row");--> statement-breakpoint
CREATE INDEX "imports_of_company" ON "imports" USING btree ("company_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "invite_uses_once" ON "invite_uses" USING btree ("company_id","invite_id","user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "invites_token" ON "invites" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "invites_of_unit" ON "invites" USING btree ("company_id","unit_id","id") WHERE "invites"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "invites_of_person" ON "invites" USING btree ("company_id","person_id") WHERE "invites"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "invites_by_expiry" ON "invites" USING btree ("company_id","expires_at","id") WHERE "invites"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "staff_invites_token" ON "staff_invites" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "staff_invites_open" ON "staff_invites" USING btree ("company_id","email_key","role") WHERE "staff_invites"."deleted_at" is null and "staff_invites"."accepted_at" is null and "staff_invites"."revoked_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "staff_profiles_account" ON "staff_profiles" USING btree ("company_id","user_id") WHERE "staff_profiles"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "staff_profiles_by_account" ON "staff_profiles" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "unit_types_name" ON "unit_types" USING btree ("company_id",lower("name")) WHERE "unit_types"."deleted_at" is null;--> statement-breakpoint
ALTER TABLE "units" ADD CONSTRAINT "units_unit_type" FOREIGN KEY ("company_id","unit_type_id","type") REFERENCES "public"."unit_types"("company_id","id","type") ON DELETE no action ON UPDATE cascade;--> statement-breakpoint
CREATE INDEX "people_by_email" ON "people" USING btree ("company_id","email_key") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_by_phone" ON "people" USING btree ("company_id","phone_key") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE VIEW "public"."claims_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "complex_id", "user_id", "first_name", "last_name", "email", "phone", "stated_building", "stated_unit", "kind", "message", "status", "residency_id", "decided_at", "decided_by", "decision_note" from "claims" where "claims"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."invites_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "unit_id", "person_id", "kind", "max_uses", "used_count", "expires_at", "revoked_at", "revoked_by", "token_hash", "nonce", "key_id", "created_by", "mailed_at" from "invites" where "invites"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."staff_invites_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "email", "email_key", "role", "complex_ids", "title", "specialisations", "locale", "expires_at", "revoked_at", "revoked_by", "accepted_at", "accepted_by", "token_hash", "nonce", "key_id", "created_by" from "staff_invites" where "staff_invites"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."staff_profiles_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "user_id", "title", "phone", "specialisations" from "staff_profiles" where "staff_profiles"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."unit_types_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "name", "type" from "unit_types" where "unit_types"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."buildings_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "complex_id", "name", "name_sort", "address", "floors" from "buildings" where "buildings"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."companies_active" WITH (security_invoker = true) AS (select "id", "name", "legal_name", "registration_number", "vat_number", "country", "currency", "locale", "timezone", "address", "email", "phone", "bank_name", "iban", "bic", "status", "created_at", "updated_at", "version", "deleted_at", "deleted_by" from "companies" where "companies"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."complexes_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "name", "city", "address", "timezone" from "complexes" where "complexes"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."entrances_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "complex_id", "building_id", "number", "number_sort" from "entrances" where "entrances"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."people_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "user_id", "first_name", "last_name", "email", "phone", "email_key", "phone_key", "note" from "people" where "people"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."residencies_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "unit_id", "person_id", "kind", "share_numerator", "share_denominator", "starts_on", "ends_on", "verified_level" from "residencies" where "residencies"."deleted_at" is null);--> statement-breakpoint
CREATE VIEW "public"."units_active" WITH (security_invoker = true) AS (select "company_id", "id", "created_at", "updated_at", "version", "deleted_at", "deleted_by", "deleted_with", "complex_id", "building_id", "entrance_id", "type", "unit_type_id", "number", "number_sort", "floor", "area_m2", "share_numerator", "share_denominator" from "units" where "units"."deleted_at" is null);--> statement-breakpoint
CREATE POLICY "staff_directory" ON "users" AS PERMISSIVE FOR SELECT TO "servai_app" USING (exists (select from staff_profiles s where s.user_id = "users"."id" and s.company_id = (select nullif(current_setting('app.company_id', true), '')::uuid)));--> statement-breakpoint
CREATE POLICY "company_isolation" ON "claims" AS PERMISSIVE FOR ALL TO "servai_app" USING ("claims"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("claims"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "claims" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "export_files" AS PERMISSIVE FOR ALL TO "servai_app" USING ("export_files"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("export_files"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "export_files" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "exports" AS PERMISSIVE FOR ALL TO "servai_app" USING ("exports"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("exports"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "exports" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "import_files" AS PERMISSIVE FOR ALL TO "servai_app" USING ("import_files"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("import_files"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "import_files" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "import_mappings" AS PERMISSIVE FOR ALL TO "servai_app" USING ("import_mappings"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("import_mappings"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "import_mappings" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "import_rows" AS PERMISSIVE FOR ALL TO "servai_app" USING ("import_rows"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("import_rows"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "import_rows" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "imports" AS PERMISSIVE FOR ALL TO "servai_app" USING ("imports"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("imports"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "imports" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "invite_uses" AS PERMISSIVE FOR ALL TO "servai_app" USING ("invite_uses"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("invite_uses"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "invite_uses" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "invites" AS PERMISSIVE FOR ALL TO "servai_app" USING ("invites"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("invites"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "invites" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "companies_read" ON "platform_settings" AS PERMISSIVE FOR SELECT TO "servai_app" USING ((select nullif(current_setting('app.company_id', true), '')::uuid) is not null);--> statement-breakpoint
CREATE POLICY "system_access" ON "platform_settings" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "settings" AS PERMISSIVE FOR ALL TO "servai_app" USING ("settings"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("settings"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "settings" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "staff_invites" AS PERMISSIVE FOR ALL TO "servai_app" USING ("staff_invites"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("staff_invites"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "staff_invites" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "staff_profiles" AS PERMISSIVE FOR ALL TO "servai_app" USING ("staff_profiles"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("staff_profiles"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "staff_profiles" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "company_isolation" ON "unit_types" AS PERMISSIVE FOR ALL TO "servai_app" USING ("unit_types"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("unit_types"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_access" ON "unit_types" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);--> statement-breakpoint
ALTER POLICY "company_isolation" ON "role_grants" TO servai_app USING ("role_grants"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK ("role_grants"."company_id" = (select nullif(current_setting('app.company_id', true), '')::uuid) and "role_grants"."role" not in ('platform_admin', 'platform_accountant'));
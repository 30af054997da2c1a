-- Offsets, whose sign PostgreSQL reads the other way round than people mean it, and abbreviations become zones that all read alike.
ALTER TABLE companies NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER;
--> statement-breakpoint
ALTER TABLE complexes NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER;
--> statement-breakpoint
CREATE FUNCTION pg_temp.known_zone(zone text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE
    WHEN zone ~ '^[+-](0[0-9]|1[0-2])(:00)?$' THEN 'Etc/GMT' || translate(left(zone, 1), '+-', '-+') || ltrim(substr(zone, 2, 1), '0') || substr(zone, 3, 1)
    ELSE coalesce((ARRAY['Etc/GMT+5', 'Etc/GMT+7', 'Etc/GMT+10', 'Europe/Athens', 'Europe/Brussels', 'Europe/Brussels', 'Europe/Lisbon'])[
      array_position(ARRAY['EST', 'MST', 'HST', 'EET', 'CET', 'MET', 'WET'], upper(zone))], 'UTC') END $$;
--> statement-breakpoint
UPDATE companies SET timezone = pg_temp.known_zone(timezone)
WHERE timezone !~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Za-z_]+(/[A-Za-z_]+(-[A-Za-z_]+)*)+)$';
--> statement-breakpoint
UPDATE complexes SET timezone = pg_temp.known_zone(timezone)
WHERE timezone !~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Za-z_]+(/[A-Za-z_]+(-[A-Za-z_]+)*)+)$';
--> statement-breakpoint
DROP FUNCTION pg_temp.known_zone;
--> statement-breakpoint
ALTER TABLE companies FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER;
--> statement-breakpoint
ALTER TABLE complexes FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER;
--> statement-breakpoint
ALTER TABLE "companies" DROP CONSTRAINT "companies_timezone";--> statement-breakpoint
ALTER TABLE "complexes" DROP CONSTRAINT "complexes_timezone";--> statement-breakpoint
DROP INDEX "units_number_prefix";--> statement-breakpoint
ALTER TABLE "units" ADD COLUMN "number_key" text collate "C" GENERATED ALWAYS AS (upper(number)) STORED NOT NULL;--> statement-breakpoint
CREATE INDEX "people_by_full_name" ON "people" USING btree ("company_id",lower("first_name" || ' ' || "last_name") collate "C") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_by_reversed_name" ON "people" USING btree ("company_id",lower("last_name" || ' ' || "first_name") collate "C") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_by_email_prefix" ON "people" USING btree ("company_id","email_key" collate "C") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_phone_search" ON "people" USING gin ("phone_key" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "units_by_key" ON "units" USING btree ("company_id","number_key","id") WHERE "units"."deleted_at" is null;--> statement-breakpoint
ALTER TABLE "companies" ADD CONSTRAINT "companies_timezone" CHECK ("companies"."timezone" ~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Za-z_]+(/[A-Za-z_]+(-[A-Za-z_]+)*)+)$' and (timestamptz 'epoch' at time zone "companies"."timezone") is not null);--> statement-breakpoint
ALTER TABLE "complexes" ADD CONSTRAINT "complexes_timezone" CHECK ("complexes"."timezone" ~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Za-z_]+(/[A-Za-z_]+(-[A-Za-z_]+)*)+)$' and (timestamptz 'epoch' at time zone "complexes"."timezone") is not null);--> statement-breakpoint
CREATE POLICY "search" ON "people" AS PERMISSIVE FOR SELECT TO "servai_owner" USING (true);
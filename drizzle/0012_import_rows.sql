ALTER TABLE "import_rows" DROP CONSTRAINT "import_rows_state";--> statement-breakpoint
ALTER TABLE "import_files" ALTER COLUMN "company_id" SET DEFAULT nullif(current_setting('app.company_id', true), '')::uuid;--> statement-breakpoint
ALTER TABLE "import_rows" ALTER COLUMN "company_id" SET DEFAULT nullif(current_setting('app.company_id', true), '')::uuid;--> statement-breakpoint
ALTER TABLE "import_rows" ADD CONSTRAINT "import_rows_state" CHECK ("import_rows"."state" in ('new', 'changed', 'unchanged', 'refused', 'skipped'));
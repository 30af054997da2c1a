ALTER TABLE "export_files" ALTER COLUMN "company_id" SET DEFAULT nullif(current_setting('app.company_id', true), '')::uuid;--> statement-breakpoint
ALTER TABLE "exports" ADD COLUMN "rights" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "exports" ADD COLUMN "separator" text;--> statement-breakpoint

-- A step forward several times a second is no change of anything, and what was searched for may be an address: who exported
-- what, and how many rows, is written down by the service.
DROP TRIGGER audit_insert ON exports;
--> statement-breakpoint
DROP TRIGGER audit_update ON exports;
--> statement-breakpoint
DROP TRIGGER audit_delete ON exports;

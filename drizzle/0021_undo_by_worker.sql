ALTER TABLE "imports" DROP CONSTRAINT "imports_status";--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "undo_refusal" jsonb;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_status" CHECK ("imports"."status" in ('reading', 'ready', 'queued', 'running', 'done', 'done_with_errors', 'failed', 'cancelled', 'undoing', 'undone'));
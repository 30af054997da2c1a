CREATE TABLE "account_erasures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"email" text,
	"locale" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "account_erasures" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "email_changes" ADD COLUMN "old_email" text NOT NULL;--> statement-breakpoint
ALTER TABLE "account_erasures" ADD CONSTRAINT "account_erasures_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "account_erasures_once" ON "account_erasures" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "account_erasures_untold" ON "account_erasures" USING btree ("created_at") WHERE "account_erasures"."email" is not null;--> statement-breakpoint
CREATE POLICY "system_access" ON "account_erasures" AS PERMISSIVE FOR ALL TO "servai_system" USING (true) WITH CHECK (true);
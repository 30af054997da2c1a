-- Whoever is granted a role in a company is on its staff: the directory can lack nobody.
CREATE FUNCTION employ() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO staff_profiles (company_id, id, user_id)
  SELECT n.company_id, gen_random_uuid(), n.user_id FROM (SELECT DISTINCT company_id, user_id FROM new_rows) n
  WHERE n.company_id IS NOT NULL
  ON CONFLICT (company_id, user_id) WHERE deleted_at IS NULL DO NOTHING;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER employ AFTER INSERT ON role_grants REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION employ();

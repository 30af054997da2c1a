-- How far an import is changes every second and is no change of anything: what was uploaded, applied and undone, and by whom, is
-- written down by the service.
DROP TRIGGER audit_update ON imports;
--> statement-breakpoint

-- After fifty thousand rows at once plans made for small tables are wrong by orders of magnitude; autovacuum would notice in a minute.
CREATE FUNCTION analyze_registry() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  ANALYZE buildings, entrances, units, people, residencies, import_rows, audit_log;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION analyze_registry() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION analyze_registry() TO servai_system;

-- Similar names are looked up by the longest word and ranked by all: several words together share too many trigrams with everybody.
CREATE OR REPLACE FUNCTION search_people(q text, at_most int DEFAULT 50) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  company uuid := nullif(current_setting('app.company_id', true), '')::uuid;
  words text := lower(regexp_replace(btrim(normalize(q)), '\s+', ' ', 'g'));
  longest text := (SELECT word FROM unnest(string_to_array(words, ' ')) word ORDER BY length(word) DESC, word LIMIT 1);
  past text := words || chr(1114111);
  part text := '%' || regexp_replace(words, '([\\%_])', '\\\1', 'g') || '%';
  -- `+359 88…`, `00359 88…` and `088…` are the same number.
  digits text := ltrim(regexp_replace(words, '[^0-9]', '', 'g'), '0');
  most int := least(at_most, 200);
  found uuid[];
BEGIN
  IF company IS NULL OR length(words) < 2 OR most < 1 THEN RETURN; END IF;

  found := ARRAY(
    SELECT p.id FROM people p
    WHERE p.company_id = company AND p.deleted_at IS NULL
      AND lower(p.last_name || ' ' || p.first_name) COLLATE "C" >= words AND lower(p.last_name || ' ' || p.first_name) COLLATE "C" < past
    ORDER BY lower(p.last_name || ' ' || p.first_name) COLLATE "C" LIMIT most);
  IF cardinality(found) < most THEN
    found := found || ARRAY(
      SELECT p.id FROM people p
      WHERE p.company_id = company AND p.deleted_at IS NULL AND p.id <> ALL (found)
        AND lower(p.first_name || ' ' || p.last_name) COLLATE "C" >= words AND lower(p.first_name || ' ' || p.last_name) COLLATE "C" < past
      ORDER BY lower(p.first_name || ' ' || p.last_name) COLLATE "C" LIMIT most - cardinality(found));
  END IF;
  IF cardinality(found) < most AND words !~ ' ' THEN
    found := found || ARRAY(
      SELECT p.id FROM people p
      WHERE p.company_id = company AND p.deleted_at IS NULL AND p.id <> ALL (found)
        AND p.email_key COLLATE "C" >= words AND p.email_key COLLATE "C" < past
      ORDER BY p.email_key COLLATE "C" LIMIT most - cardinality(found));
  END IF;
  IF words ~ '^[0-9 +()./-]+$' THEN
    IF cardinality(found) < most AND length(digits) > 2 THEN
      found := found || ARRAY(
        SELECT p.id FROM people p
        WHERE p.company_id = company AND p.deleted_at IS NULL AND p.id <> ALL (found) AND p.phone_key LIKE '%' || digits || '%'
        LIMIT most - cardinality(found));
    END IF;
    RETURN QUERY SELECT unnest(found);
    RETURN;
  END IF;
  IF cardinality(found) < most AND length(words) > 2 THEN
    found := found || ARRAY(
      SELECT p.id FROM people p
      WHERE p.company_id = company AND p.deleted_at IS NULL AND p.id <> ALL (found)
        AND lower(p.first_name || ' ' || p.last_name) LIKE part
      LIMIT most - cardinality(found));
  END IF;
  IF found = '{}' AND length(words) > 2 THEN
    -- One wrong letter in seven. Not as a clause of the function: restoring a dump could not write that.
    PERFORM set_config('pg_trgm.strict_word_similarity_threshold', '0.4', true);
    found := ARRAY(
      SELECT s.id FROM (
        SELECT p.id, lower(p.first_name || ' ' || p.last_name) AS name FROM people p
        WHERE p.company_id = company AND p.deleted_at IS NULL AND longest <<% lower(p.first_name || ' ' || p.last_name)
        LIMIT 1000
      ) s
      ORDER BY strict_word_similarity(words, s.name) DESC, s.id LIMIT most);
  END IF;
  RETURN QUERY SELECT unnest(found);
END $$;

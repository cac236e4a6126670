-- What is left of a grant is what its own entries leave of it, and not only right in the sum of all
-- grants. A grant knows the last entry that changed it, so that each change is checked by the
-- entries since the one before: few, however many the grant has had. That takes the place of adding
-- up all grants at each of them, which the account's own check does already.

UPDATE billing_creditgrant g SET last_number = e.last
  FROM (SELECT grant_id, max(number) AS last FROM billing_creditentry
         WHERE kind NOT IN ('capture', 'owe') GROUP BY grant_id) e
 WHERE e.grant_id = g.id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

-- One movement: the account, the grant and the entry. Everything that moves writes through this.
CREATE OR REPLACE FUNCTION credit_post(
    _account uuid, _kind text, _amount integer, _grant uuid, _hold uuid, _cause credit_cause
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    sign record := credit_signs(_kind);
BEGIN
    WITH after AS (
        UPDATE billing_creditaccount
           SET available = available + sign.available * _amount,
               held = held + sign.held * _amount,
               debt = debt + sign.debt * _amount,
               last_number = last_number + 1
         WHERE id = _account
        RETURNING available, held, debt, last_number
    ), source AS (
        UPDATE billing_creditgrant
           SET remaining = remaining + sign.available * _amount, last_number = after.last_number
          FROM after
         WHERE id = _grant AND sign.available <> 0
    )
    INSERT INTO billing_creditentry (
        account_id, number, kind, amount, grant_id, hold_id,
        available_after, held_after, debt_after,
        source_key, note, actor_kind, actor_id, actor_name, created_at
    ) SELECT
        _account, after.last_number, _kind, _amount, _grant, _hold,
        after.available, after.held, after.debt,
        _cause.key, _cause.note, _cause.actor_kind, _cause.actor_id, _cause.actor_name, _cause.at
      FROM after;
END $$;

CREATE OR REPLACE FUNCTION credit_check_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    since bigint := 0;
    change bigint := NEW.remaining;
    said record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        since := OLD.last_number;
        change := NEW.remaining - OLD.remaining;
    END IF;
    IF change = 0 AND NEW.last_number = since THEN
        RETURN NULL;
    END IF;
    SELECT sum(CASE WHEN kind IN ('grant', 'release') THEN amount
                    WHEN kind IN ('capture', 'owe') THEN 0 ELSE -amount END) AS change,
           max(number) FILTER (WHERE kind NOT IN ('capture', 'owe')) AS last
      INTO said
      FROM billing_creditentry
     WHERE account_id = NEW.account_id AND number > since AND number <= NEW.last_number
       AND grant_id = NEW.id;
    IF (said.change, said.last) IS DISTINCT FROM (change, NEW.last_number) THEN
        PERFORM credit_refuse('grant and its entries', NEW.id::text);
    END IF;
    RETURN NULL;
END $$;
DROP FUNCTION credit_check_sum;

CREATE OR REPLACE FUNCTION credit_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign record := credit_signs(NEW.kind);
    row record;
BEGIN
    SELECT before.id IS NOT NULL OR NEW.number = 1 AS follows,
           coalesce(before.available_after, 0) AS available,
           coalesce(before.held_after, 0) AS held,
           coalesce(before.debt_after, 0) AS debt,
           sign.available = 0 OR g.last_number >= NEW.number AS grant_knows
      INTO row
      FROM billing_creditaccount a
      JOIN billing_creditgrant g ON g.account_id = a.id AND g.id = NEW.grant_id
      LEFT JOIN billing_creditentry before
        ON before.account_id = a.id AND before.number = NEW.number - 1
     WHERE a.id = NEW.account_id AND a.last_number >= NEW.number;
    IF NOT FOUND THEN
        PERFORM credit_refuse('entry and its account', NEW.id::text);
    END IF;
    IF NOT row.follows OR (NEW.available_after, NEW.held_after, NEW.debt_after) <> (
        row.available + sign.available * NEW.amount,
        row.held + sign.held * NEW.amount,
        row.debt + sign.debt * NEW.amount
    ) THEN
        PERFORM credit_refuse('entry and the one before it', NEW.id::text);
    END IF;
    IF NOT row.grant_knows THEN
        PERFORM credit_refuse('grant and its entries', NEW.grant_id::text);
    END IF;
    IF NEW.hold_id IS NOT NULL THEN
        PERFORM credit_check_hold_sum(NEW.hold_id);
    END IF;
    RETURN NULL;
END $$;

-- A table that is emptied fires nothing for its rows.
CREATE TRIGGER credit_account_not_emptied BEFORE TRUNCATE ON billing_creditaccount
    FOR EACH STATEMENT EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_grant_not_emptied BEFORE TRUNCATE ON billing_creditgrant
    FOR EACH STATEMENT EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_hold_not_emptied BEFORE TRUNCATE ON billing_credithold
    FOR EACH STATEMENT EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_entry_not_emptied BEFORE TRUNCATE ON billing_creditentry
    FOR EACH STATEMENT EXECUTE FUNCTION credit_frozen();

-- The same ledger for less work, as all of it is done while the account is locked: a movement is one
-- statement, each sum is added up once for each row that it hangs on, and what PostgreSQL reads anew
-- at every write (conditions of checks and triggers) is short.

-- Whether entries of that kind change what is held, and so belong to a hold.
CREATE FUNCTION credit_is_of_a_hold(_kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN _kind IN ('hold', 'capture', 'release');
END $$;

-- The state of a hold with so much open and so much captured.
CREATE FUNCTION credit_hold_state(_open integer, _captured integer)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN _open > 0 THEN 'held' WHEN _captured > 0 THEN 'captured' ELSE 'released' END;
END $$;

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
           SET remaining = remaining + sign.available * _amount
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

-- Move that many available credits, grant by grant in burn order. The lock on the account is the
-- lock on its grants: whoever changes one has taken it.
CREATE OR REPLACE FUNCTION credit_burn(
    _account uuid, _kind text, _amount bigint, _hold uuid, _cause credit_cause
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint := _amount;
    piece record;
BEGIN
    FOR piece IN
        SELECT id, remaining FROM billing_creditgrant
         WHERE account_id = _account AND live
         ORDER BY priority, expires_at ASC NULLS LAST, id
    LOOP
        EXIT WHEN wanted = 0;
        PERFORM credit_post(
            _account, _kind, least(piece.remaining, wanted)::integer, piece.id, _hold, _cause
        );
        wanted := wanted - least(piece.remaining, wanted);
    END LOOP;
    IF wanted > 0 THEN
        RAISE EXCEPTION 'credit account %: its grants have % less than it says', _account, wanted
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- The account's row changes with every entry, as the numbers of entries have no gap and the last
-- of them is the account's: what an entry does to the account is therefore checked here, once.
CREATE OR REPLACE FUNCTION credit_check_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    row record;
BEGIN
    -- What counts is how the row is at commit, not how this event left it.
    SELECT a.last_number,
           (a.available, a.held, a.debt) = (
               coalesce(e.available_after, 0), coalesce(e.held_after, 0), coalesce(e.debt_after, 0))
               AND (e.id IS NOT NULL OR a.last_number = 0)
               AND (a.debt = 0 OR a.available = 0) AS as_entries_say,
           a.available = (
               SELECT coalesce(sum(g.remaining), 0) FROM billing_creditgrant g
                WHERE g.account_id = a.id AND g.live) AS as_grants_have
      INTO row
      FROM billing_creditaccount a
      LEFT JOIN billing_creditentry e ON e.account_id = a.id AND e.number = a.last_number
     WHERE a.id = NEW.id;
    IF NOT row.as_entries_say THEN
        PERFORM credit_refuse('account and last entry', NEW.id::text);
    END IF;
    IF NOT row.as_grants_have THEN
        PERFORM credit_refuse('account and grants', NEW.id::text);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION credit_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign record := credit_signs(NEW.kind);
    row record;
BEGIN
    SELECT before.id IS NOT NULL OR NEW.number = 1 AS follows,
           coalesce(before.available_after, 0) AS available,
           coalesce(before.held_after, 0) AS held,
           coalesce(before.debt_after, 0) AS debt
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
    IF NEW.hold_id IS NOT NULL THEN
        PERFORM credit_check_hold_sum(NEW.hold_id);
    END IF;
    RETURN NULL;
END $$;

-- Columns that an UPDATE does not name cannot change, so that others cost nothing.
DROP TRIGGER credit_grant_frozen ON billing_creditgrant;
CREATE TRIGGER credit_grant_frozen
    BEFORE UPDATE OF id, account_id, amount, source_key ON billing_creditgrant
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.amount, OLD.source_key)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.source_key)
    ) EXECUTE FUNCTION credit_frozen();
DROP TRIGGER credit_hold_frozen ON billing_credithold;
CREATE TRIGGER credit_hold_frozen
    BEFORE UPDATE OF id, account_id, amount, source_key, turn ON billing_credithold
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.amount, OLD.source_key, OLD.turn)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.source_key, NEW.turn)
    ) EXECUTE FUNCTION credit_frozen();

-- What must be true of the ledger at every commit, whoever wrote.
--
--   account   = the balances after its last entry, and available = sum of what its grants have left
--   entry     = the balances after the one before it, plus what its kind and amount do
--   hold      = the sum of its own entries
--
-- Every entry that changes what is held names a hold (a CHECK of the table), so that account.held
-- is the sum of all holds without adding them up at each commit.

CREATE FUNCTION credit_refuse(_what text, _id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the credit ledger does not add up: % %', _what, _id
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION credit_check_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What counts is how the row is at commit, not how this event left it.
    IF NOT EXISTS (
        SELECT FROM billing_creditaccount a
          LEFT JOIN billing_creditentry e ON e.account_id = a.id AND e.number = a.last_number
         WHERE a.id = NEW.id
           AND (e.id IS NOT NULL OR a.last_number = 0)
           AND (a.available, a.held, a.debt) = (
                coalesce(e.available_after, 0), coalesce(e.held_after, 0), coalesce(e.debt_after, 0))
           AND (a.debt = 0 OR a.available = 0)
    ) AND EXISTS (SELECT FROM billing_creditaccount WHERE id = NEW.id) THEN
        PERFORM credit_refuse('account and last entry', NEW.id::text);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION credit_check_sum(_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT available FROM billing_creditaccount WHERE id = _account) <> (
        SELECT coalesce(sum(remaining), 0) FROM billing_creditgrant
         WHERE account_id = _account AND live
    ) THEN
        PERFORM credit_refuse('account and grants', _account::text);
    END IF;
END $$;

CREATE FUNCTION credit_check_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM credit_check_sum(NEW.account_id);
    RETURN NULL;
END $$;

CREATE FUNCTION credit_check_hold_sum(_hold uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM billing_credithold h
          JOIN (SELECT account_id,
                       sum(amount) FILTER (WHERE kind = 'hold') AS held,
                       coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0) AS captured,
                       coalesce(sum(amount) FILTER (WHERE kind = 'release'), 0) AS released
                  FROM billing_creditentry WHERE hold_id = _hold GROUP BY account_id) e
            ON (h.account_id, h.amount, h.captured, h.open)
               = (e.account_id, e.held, e.captured, e.held - e.captured - e.released)
         WHERE h.id = _hold
    ) THEN
        PERFORM credit_refuse('hold and its entries', _hold::text);
    END IF;
END $$;

CREATE FUNCTION credit_check_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM credit_check_hold_sum(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION credit_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign record;
    before record;
BEGIN
    SELECT available_after, held_after, debt_after INTO before FROM billing_creditentry
     WHERE account_id = NEW.account_id AND number = NEW.number - 1;
    IF NOT FOUND AND NEW.number = 1 THEN
        SELECT 0::bigint AS available_after, 0::bigint AS held_after, 0::bigint AS debt_after
          INTO before;
    END IF;
    sign := credit_signs(NEW.kind);
    IF (NEW.available_after, NEW.held_after, NEW.debt_after) IS DISTINCT FROM (
        before.available_after + sign.available * NEW.amount,
        before.held_after + sign.held * NEW.amount,
        before.debt_after + sign.debt * NEW.amount
    ) THEN
        PERFORM credit_refuse('entry and the one before it', NEW.id::text);
    END IF;
    IF NOT EXISTS (
        SELECT FROM billing_creditaccount a
          JOIN billing_creditgrant g ON g.account_id = a.id AND g.id = NEW.grant_id
         WHERE a.id = NEW.account_id AND a.last_number >= NEW.number
    ) THEN
        PERFORM credit_refuse('entry and its account', NEW.id::text);
    END IF;
    IF NEW.hold_id IS NOT NULL THEN
        PERFORM credit_check_hold_sum(NEW.hold_id);
    END IF;
    IF sign.available <> 0 THEN
        PERFORM credit_check_sum(NEW.account_id);
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER credit_account_adds_up
    AFTER INSERT OR UPDATE ON billing_creditaccount
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_check_account();
CREATE CONSTRAINT TRIGGER credit_grant_adds_up
    AFTER INSERT OR UPDATE ON billing_creditgrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_check_grant();
CREATE CONSTRAINT TRIGGER credit_hold_adds_up
    AFTER INSERT OR UPDATE ON billing_credithold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_check_hold();
CREATE CONSTRAINT TRIGGER credit_entry_adds_up
    AFTER INSERT ON billing_creditentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_check_entry();

-- What was written stays as it was written. Entries have no foreign keys to their account and hold,
-- as the checks above have them exist and what follows keeps them.
CREATE FUNCTION credit_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the credit ledger is append-only: % of % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER credit_entry_frozen BEFORE UPDATE OR DELETE ON billing_creditentry
    FOR EACH ROW EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_account_kept BEFORE DELETE ON billing_creditaccount
    FOR EACH ROW WHEN (OLD.last_number > 0) EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_grant_kept BEFORE DELETE ON billing_creditgrant
    FOR EACH ROW EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_hold_kept BEFORE DELETE ON billing_credithold
    FOR EACH ROW EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_grant_frozen BEFORE UPDATE ON billing_creditgrant
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.amount, OLD.source_key)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.source_key)
    ) EXECUTE FUNCTION credit_frozen();
CREATE TRIGGER credit_hold_frozen BEFORE UPDATE ON billing_credithold
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.amount, OLD.source_key, OLD.turn)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.source_key, NEW.turn)
    ) EXECUTE FUNCTION credit_frozen();

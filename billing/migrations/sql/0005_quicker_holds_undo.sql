-- One movement: the account, the grant and the entry. Everything below writes through this.
CREATE OR REPLACE FUNCTION credit_post(
    _account uuid, _kind text, _amount integer, _grant uuid, _hold uuid, _cause credit_cause
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    sign record;
    after billing_creditaccount;
BEGIN
    sign := credit_signs(_kind);
    UPDATE billing_creditaccount
       SET available = available + sign.available * _amount,
           held = held + sign.held * _amount,
           debt = debt + sign.debt * _amount,
           last_number = last_number + 1
     WHERE id = _account
    RETURNING * INTO after;
    IF sign.available <> 0 THEN
        UPDATE billing_creditgrant
           SET remaining = remaining + sign.available * _amount
         WHERE id = _grant;
    END IF;
    INSERT INTO billing_creditentry (
        account_id, number, kind, amount, grant_id, hold_id,
        available_after, held_after, debt_after,
        source_key, note, actor_kind, actor_id, actor_name, created_at
    ) VALUES (
        _account, after.last_number, _kind, _amount, _grant, _hold,
        after.available, after.held, after.debt,
        _cause.key, _cause.note, _cause.actor_kind, _cause.actor_id, _cause.actor_name, _cause.at
    );
END $$;

-- Move that many available credits, grant by grant in burn order.
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
           FOR NO KEY UPDATE
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

CREATE OR REPLACE FUNCTION credit_check_account() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION credit_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TRIGGER credit_grant_frozen ON billing_creditgrant;
CREATE TRIGGER credit_grant_frozen BEFORE UPDATE ON billing_creditgrant
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.amount, OLD.source_key)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.source_key)
    ) EXECUTE FUNCTION credit_frozen();
DROP TRIGGER credit_hold_frozen ON billing_credithold;
CREATE TRIGGER credit_hold_frozen BEFORE UPDATE ON billing_credithold
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.amount, OLD.source_key, OLD.turn)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.source_key, NEW.turn)
    ) EXECUTE FUNCTION credit_frozen();
DROP FUNCTION credit_is_of_a_hold, credit_hold_state;

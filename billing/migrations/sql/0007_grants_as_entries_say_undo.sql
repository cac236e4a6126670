DROP TRIGGER credit_account_not_emptied ON billing_creditaccount;
DROP TRIGGER credit_grant_not_emptied ON billing_creditgrant;
DROP TRIGGER credit_hold_not_emptied ON billing_credithold;
DROP TRIGGER credit_entry_not_emptied ON billing_creditentry;

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

CREATE FUNCTION credit_check_sum(_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT available FROM billing_creditaccount WHERE id = _account) <> (
        SELECT coalesce(sum(remaining), 0) FROM billing_creditgrant
         WHERE account_id = _account AND live
    ) THEN
        PERFORM credit_refuse('account and grants', _account::text);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION credit_check_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM credit_check_sum(NEW.account_id);
    RETURN NULL;
END $$;

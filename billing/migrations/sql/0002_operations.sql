-- The ledger's operations. Each is one call and therefore one statement: all of it happens or
-- nothing does. Each opens the account first, which locks it, then touches grants in burn order.
-- Refusals are results, not errors, so that a caller's transaction survives them.

-- Why something is written: the key it is known by, and who did it, when.
CREATE TYPE credit_cause AS (
    key text, note text, actor_kind text, actor_id text, actor_name text, at timestamptz
);

-- What a credit of an entry of that kind does to the account's three balances.
CREATE FUNCTION credit_signs(_kind text, OUT available integer, OUT held integer, OUT debt integer)
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    available := CASE WHEN _kind IN ('grant', 'release') THEN 1
                      WHEN _kind IN ('capture', 'owe') THEN 0 ELSE -1 END;
    held := CASE WHEN _kind = 'hold' THEN 1 WHEN _kind IN ('capture', 'release') THEN -1 ELSE 0 END;
    debt := CASE WHEN _kind = 'owe' THEN 1 WHEN _kind = 'repay' THEN -1 ELSE 0 END;
END $$;

-- One movement: the account, the grant and the entry. Everything below writes through this.
CREATE FUNCTION credit_post(
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
CREATE FUNCTION credit_burn(
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

-- What is past its time leaves the account.
CREATE FUNCTION credit_expire(_account uuid, _cause credit_cause)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    piece record;
BEGIN
    FOR piece IN
        SELECT id, remaining, source_key FROM billing_creditgrant
         WHERE account_id = _account AND live AND expires_at <= _cause.at
         ORDER BY priority, expires_at ASC NULLS LAST, id
           FOR NO KEY UPDATE
    LOOP
        -- Without a key of its own it is the passing of time, and happens once to a grant.
        PERFORM credit_post(
            _account, 'expire', piece.remaining, piece.id, NULL,
            CASE WHEN _cause.key IS NOT NULL THEN _cause
                 ELSE ('expiry:' || piece.source_key, '', 'system', '', '', _cause.at)::credit_cause
            END
        );
    END LOOP;
END $$;

-- Whatever is available pays what is owed.
CREATE FUNCTION credit_repay(_account uuid, _cause credit_cause)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    due bigint;
BEGIN
    SELECT least(available, debt) INTO due FROM billing_creditaccount WHERE id = _account;
    IF due > 0 THEN
        PERFORM credit_burn(_account, 'repay', due, NULL, _cause);
    END IF;
END $$;

-- The organisation's account, made if it is the first time; locked until the transaction ends,
-- and without what has expired.
CREATE FUNCTION credit_open(_organisation uuid, _at timestamptz)
RETURNS billing_creditaccount LANGUAGE plpgsql SET lock_timeout = '10s' AS $$
DECLARE
    account billing_creditaccount;
BEGIN
    SELECT * INTO account FROM billing_creditaccount
     WHERE organisation_id = _organisation FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO billing_creditaccount
            (id, created_at, organisation_id, available, held, debt, last_number)
        VALUES (gen_random_uuid(), _at, _organisation, 0, 0, 0, 0)
        ON CONFLICT (organisation_id) DO NOTHING;
        SELECT * INTO account FROM billing_creditaccount
         WHERE organisation_id = _organisation FOR NO KEY UPDATE;
    END IF;
    IF EXISTS (
        SELECT FROM billing_creditgrant
         WHERE account_id = account.id AND live AND expires_at <= _at
    ) THEN
        PERFORM credit_expire(account.id, (NULL, '', '', '', '', _at)::credit_cause);
        SELECT * INTO account FROM billing_creditaccount WHERE id = account.id;
    END IF;
    RETURN account;
END $$;

-- Add credits; false where this source has done so before.
CREATE FUNCTION credit_grant(
    _organisation uuid, _id uuid, _kind text, _priority integer, _expires_at timestamptz,
    _amount integer, _cause credit_cause
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    account billing_creditaccount := credit_open(_organisation, _cause.at);
BEGIN
    INSERT INTO billing_creditgrant (
        id, created_at, account_id, kind, priority, expires_at, amount, remaining, source_key
    ) VALUES (_id, _cause.at, account.id, _kind, _priority, _expires_at, _amount, 0, _cause.key)
    ON CONFLICT (account_id, source_key) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM credit_post(account.id, 'grant', _amount, _id, NULL, _cause);
    PERFORM credit_repay(account.id, _cause);
    RETURN true;
END $$;

-- Reserve credits: the hold that stands for this source afterwards, or how many are missing.
CREATE FUNCTION credit_hold(
    _organisation uuid, _id uuid, _amount integer, _cause credit_cause,
    OUT hold billing_credithold, OUT missing bigint, OUT debt bigint
) LANGUAGE plpgsql AS $$
DECLARE
    account billing_creditaccount := credit_open(_organisation, _cause.at);
    source text := _cause.key;
    next integer;
BEGIN
    SELECT * INTO hold FROM billing_credithold h
     WHERE h.account_id = account.id AND h.source_key = source
     ORDER BY h.turn DESC LIMIT 1;
    IF hold.state IN ('held', 'captured') THEN
        RETURN;
    END IF;
    IF account.available < _amount THEN
        missing := _amount - account.available;
        debt := account.debt;
        hold := NULL;
        RETURN;
    END IF;
    next := coalesce(hold.turn, 0) + 1;
    INSERT INTO billing_credithold (
        id, created_at, account_id, source_key, turn, amount, open, captured, state
    ) VALUES (
        _id, _cause.at, account.id, source, next, _amount, _amount, 0, 'held'
    ) RETURNING * INTO hold;
    _cause.key := source || '#' || next;
    PERFORM credit_burn(account.id, 'hold', _amount, _id, _cause);
END $$;

-- The source's hold that was not given back.
CREATE FUNCTION credit_live_hold(_account uuid, _source text)
RETURNS billing_credithold LANGUAGE plpgsql AS $$
DECLARE
    hold billing_credithold;
BEGIN
    SELECT * INTO hold FROM billing_credithold
     WHERE account_id = _account AND source_key = _source AND state <> 'released';
    RETURN hold;
END $$;

-- Settle so much of a hold as `_kind` says (capture, release), for the grants it was taken from.
CREATE FUNCTION credit_settle(
    _hold billing_credithold, _kind text, _amount integer, _cause credit_cause
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted integer := _amount;
    piece record;
BEGIN
    FOR piece IN
        SELECT e.grant_id,
               sum(CASE e.kind WHEN 'hold' THEN e.amount ELSE -e.amount END)::integer AS open
          FROM billing_creditentry e JOIN billing_creditgrant g ON g.id = e.grant_id
         WHERE e.hold_id = _hold.id
         GROUP BY e.grant_id, g.priority, g.expires_at
        HAVING sum(CASE e.kind WHEN 'hold' THEN e.amount ELSE -e.amount END) > 0
         ORDER BY g.priority, g.expires_at ASC NULLS LAST, e.grant_id
    LOOP
        EXIT WHEN wanted = 0;
        PERFORM credit_post(
            _hold.account_id, _kind, least(piece.open, wanted), piece.grant_id, _hold.id, _cause
        );
        wanted := wanted - least(piece.open, wanted);
    END LOOP;
    UPDATE billing_credithold
       SET open = open - _amount,
           captured = captured + CASE WHEN _kind = 'capture' THEN _amount ELSE 0 END,
           state = CASE WHEN open > _amount THEN 'held'
                        WHEN captured > 0 OR _kind = 'capture' THEN 'captured'
                        ELSE 'released' END,
           settled_at = CASE WHEN open > _amount THEN NULL ELSE _cause.at END
     WHERE id = _hold.id;
END $$;

-- Take what is held, all of it or `_amount`, which then has a part of its own in the key.
-- Returns done, again, nothing (is held) or more (was asked for than is held).
CREATE FUNCTION credit_capture(
    _organisation uuid, _amount integer, _part text, _cause credit_cause
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    account billing_creditaccount := credit_open(_organisation, _cause.at);
    hold billing_credithold := credit_live_hold(account.id, _cause.key);
BEGIN
    IF hold.id IS NULL THEN
        RETURN 'nothing';
    END IF;
    _cause.key := hold.source_key || '#' || hold.turn || _part;
    IF _amount IS NULL THEN
        IF hold.state <> 'held' THEN
            RETURN 'again';
        END IF;
        _amount := hold.open;
    ELSIF EXISTS (
        SELECT FROM billing_creditentry
         WHERE account_id = account.id AND source_key = _cause.key AND kind = 'capture'
    ) THEN
        RETURN 'again';
    ELSIF _amount > hold.open THEN
        RETURN 'more';
    END IF;
    PERFORM credit_settle(hold, 'capture', _amount, _cause);
    RETURN 'done';
END $$;

-- Give back what is held: to the grants it came from, where a debt or a passed date takes it.
CREATE FUNCTION credit_release(_organisation uuid, _cause credit_cause)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    account billing_creditaccount := credit_open(_organisation, _cause.at);
    hold billing_credithold := credit_live_hold(account.id, _cause.key);
BEGIN
    IF hold.state IS DISTINCT FROM 'held' THEN
        RETURN false;
    END IF;
    _cause.key := hold.source_key || '#' || hold.turn;
    PERFORM credit_settle(hold, 'release', hold.open, _cause);
    PERFORM credit_repay(account.id, _cause);
    PERFORM credit_expire(account.id, _cause);
    RETURN true;
END $$;

-- Take a grant's credits back, all or `_amount`: what is left of it first, then what was used of
-- it is owed. What had expired unused is not owed.
-- Returns done, again, unknown (no such grant) or more (than the grant ever was).
CREATE FUNCTION credit_claw_back(
    _organisation uuid, _source text, _amount integer, _cause credit_cause
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    account billing_creditaccount := credit_open(_organisation, _cause.at);
    source billing_creditgrant;
    used bigint;
    back bigint;
    taken integer;
    owed integer;
BEGIN
    SELECT * INTO source FROM billing_creditgrant
     WHERE account_id = account.id AND source_key = _source FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF EXISTS (
        SELECT FROM billing_creditentry
         WHERE account_id = account.id AND source_key = _cause.key AND kind IN ('claw_back', 'owe')
    ) THEN
        RETURN 'again';
    END IF;
    SELECT coalesce(sum(CASE WHEN kind IN ('hold', 'repay') THEN amount
                             WHEN kind IN ('release', 'owe') THEN -amount ELSE 0 END), 0),
           coalesce(sum(amount) FILTER (WHERE kind IN ('claw_back', 'owe')), 0)
      INTO used, back
      FROM billing_creditentry WHERE grant_id = source.id;
    IF _amount > source.amount - back THEN
        RETURN 'more';
    END IF;
    _amount := coalesce(_amount, source.amount - back);
    taken := least(_amount, source.remaining);
    owed := greatest(least(_amount - taken, used), 0);
    IF taken > 0 THEN
        PERFORM credit_post(account.id, 'claw_back', taken, source.id, NULL, _cause);
    END IF;
    IF owed > 0 THEN
        PERFORM credit_post(account.id, 'owe', owed, source.id, NULL, _cause);
        PERFORM credit_repay(account.id, _cause);
    END IF;
    RETURN CASE WHEN taken + owed > 0 THEN 'done' ELSE 'again' END;
END $$;

-- Take available credits away by hand. Returns how many are missing, null where done before.
CREATE FUNCTION credit_deduct(_organisation uuid, _amount integer, _cause credit_cause)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    account billing_creditaccount := credit_open(_organisation, _cause.at);
BEGIN
    IF EXISTS (
        SELECT FROM billing_creditentry
         WHERE account_id = account.id AND source_key = _cause.key AND kind = 'deduct'
    ) THEN
        RETURN NULL;
    END IF;
    IF account.available < _amount THEN
        RETURN _amount - account.available;
    END IF;
    PERFORM credit_burn(account.id, 'deduct', _amount, NULL, _cause);
    RETURN 0;
END $$;

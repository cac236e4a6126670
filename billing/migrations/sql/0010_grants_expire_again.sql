-- A grant may expire more than once: what is given back of it by a release that had begun before
-- the sweep and waited for its lock is live again, and goes when the account is opened next. Under
-- the key of the first time that was refused, and with it every operation on the account.
CREATE OR REPLACE FUNCTION credit_expire(_account uuid, _cause credit_cause)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    piece record;
    expiry text;
BEGIN
    FOR piece IN
        SELECT id, remaining, source_key, last_number FROM billing_creditgrant
         WHERE account_id = _account AND live AND expires_at <= _cause.at
         ORDER BY priority, expires_at ASC NULLS LAST, id
           FOR NO KEY UPDATE
    LOOP
        IF _cause.key IS NOT NULL THEN
            PERFORM credit_post(_account, 'expire', piece.remaining, piece.id, NULL, _cause);
            CONTINUE;
        END IF;
        -- Without a key of its own it is the passing of time; of what came back, by the entry that
        -- brought it.
        expiry := 'expiry:' || piece.source_key;
        IF EXISTS (
            SELECT FROM billing_creditentry
             WHERE account_id = _account AND source_key = expiry AND kind = 'expire'
        ) THEN
            expiry := expiry || '#' || piece.last_number;
        END IF;
        PERFORM credit_post(
            _account, 'expire', piece.remaining, piece.id, NULL,
            (expiry, '', 'system', '', '', _cause.at)::credit_cause
        );
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION credit_expire(_account uuid, _cause credit_cause)
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

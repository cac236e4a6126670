DROP TRIGGER credit_account_adds_up ON billing_creditaccount;
DROP TRIGGER credit_account_kept ON billing_creditaccount;
DROP TRIGGER credit_grant_kept ON billing_creditgrant;
DROP TRIGGER credit_hold_kept ON billing_credithold;
DROP TRIGGER credit_grant_adds_up ON billing_creditgrant;
DROP TRIGGER credit_grant_frozen ON billing_creditgrant;
DROP TRIGGER credit_hold_adds_up ON billing_credithold;
DROP TRIGGER credit_hold_frozen ON billing_credithold;
DROP TRIGGER credit_entry_adds_up ON billing_creditentry;
DROP TRIGGER credit_entry_frozen ON billing_creditentry;
DROP FUNCTION credit_frozen, credit_check_entry, credit_check_hold, credit_check_hold_sum,
    credit_check_grant, credit_check_sum, credit_check_account, credit_refuse;

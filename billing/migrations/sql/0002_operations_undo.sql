DROP FUNCTION credit_deduct, credit_claw_back, credit_release, credit_capture, credit_settle,
    credit_live_hold, credit_hold, credit_grant, credit_open, credit_repay, credit_expire,
    credit_burn, credit_post, credit_signs;
DROP TYPE credit_cause;

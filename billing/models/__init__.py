from billing.models.credits import CreditAccount, CreditEntry, CreditGrant, CreditHold

__all__ = ["CreditAccount", "CreditEntry", "CreditGrant", "CreditHold"]

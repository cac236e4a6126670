from billing.models.credits import CreditAccount, CreditEntry, CreditGrant, CreditHold
from billing.models.purchases import PaymentNews, Purchase, TopUp

__all__ = [
    "CreditAccount",
    "CreditEntry",
    "CreditGrant",
    "CreditHold",
    "PaymentNews",
    "Purchase",
    "TopUp",
]

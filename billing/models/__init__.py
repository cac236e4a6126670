from billing.models.credits import CreditAccount, CreditEntry, CreditGrant, CreditHold
from billing.models.price_tables import PriceTable
from billing.models.purchases import PaymentNews, Purchase, TopUp
from billing.models.terms import DepartmentBudget, Terms

__all__ = [
    "CreditAccount",
    "CreditEntry",
    "CreditGrant",
    "CreditHold",
    "DepartmentBudget",
    "PaymentNews",
    "PriceTable",
    "Purchase",
    "Terms",
    "TopUp",
]

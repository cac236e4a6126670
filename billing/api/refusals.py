"""What operations on money refuse, by example."""

from __future__ import annotations

from headshots.lib.api.refusals import Refused

PAYMENTS_OFF = Refused(
    "payments_off",
    503,
    "Buying is not set up here. Ask whoever runs this installation to set a Stripe key.",
)
TOO_FEW_FOR_INVOICE = Refused(
    "amount", 422, "Between 50 and 5,000 credits can be bought by invoice.", "credits"
)
HAS_PLAN = Refused(
    "has_plan",
    409,
    "You have the plan already. Cancel it or change its card under “Manage the plan”; "
    "more credits can be bought any time.",
)
SANDBOX_BUYS_NOTHING = Refused(
    "sandbox",
    422,
    "A sandbox has credits of its own; none can be bought.",
    name="sandbox_buys_nothing",
)
PAID = Refused("paid", 409, "This purchase is paid or on its way.")
DROPPED = Refused("dropped", 409, "This purchase was dropped. Begin another one.")
BY_INVOICE = Refused("by_invoice", 409, "This purchase is paid by its invoice.")
BY_CARD = Refused("by_card", 409, "This purchase is paid by card.")
CAP = Refused("cap", 422, "25 credits cost $575, which is more than the cap a month.", "cap")
NO_CARD_YET = Refused("no_card", 422, "Store a card first; it is charged then.", "on")

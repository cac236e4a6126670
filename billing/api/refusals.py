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
CAP = Refused("cap", 422, "25 credits cost $575, which is more than the cap a month.", "cap_cents")
NO_CARD_YET = Refused("no_card", 422, "Store a card first; it is charged then.", "on")
MANY_OPEN = Refused(
    "many_open", 409, "20 purchases wait to be paid. Pay or drop some of them first."
)
NO_CARD_THERE = Refused("no_card", 404, "No card was stored there.", name="no_card_there")
SANDBOX_PAYS_NOTHING = Refused(
    "sandbox",
    409,
    "Nothing is bought in the sandbox: its credits cost nothing.",
    name="sandbox_pays_nothing",
)
VAT_ID = Refused("vat_id", 422, "A VAT number has 30 characters at most.", "vat_id")
CATALOGUE_MISSING = Refused(
    "catalogue_missing",
    503,
    "What we sell has not been brought to Stripe yet. Ask whoever runs this installation to run "
    "manage.py sync_catalogue.",
)
CARD_DECLINED = Refused("card_declined", 402, "Your card was declined.")
STRIPE_KEY = Refused(
    "stripe_key",
    503,
    "Stripe does not accept this installation's key. Nothing was charged.",
)
STRIPE_REFUSED = Refused("stripe_refused", 422, "Stripe refused this: No such customer.")
STRIPE_AWAY = Refused(
    "stripe_away",
    503,
    "Stripe does not answer just now. Nothing was charged. Try again in a moment.",
)
# What whatever asks Stripe may come back with.
STRIPE = (CARD_DECLINED, STRIPE_KEY, STRIPE_REFUSED, STRIPE_AWAY)
BUSY = Refused(
    "busy",
    503,
    "These credits are being used by somebody else just now. Try again in a moment.",
)

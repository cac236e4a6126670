"""Money in, by Stripe.

`catalogue` is what is sold and `catalogue_sync` brings it to Stripe. A purchase begins as a row of
ours (`purchases`, `plans`, `invoices`, `top_ups`) and only then calls Stripe, with an idempotency
key, so that it can be gone on with wherever it broke off. Credits come from `fulfilment` alone,
which reads at Stripe what became of a payment (`shapes` knows how that looks) and brings the
ledger there. `news` remembers what is still to be read; `receivers` hear it from dj-stripe.
"""

"""A local stand-in for Stripe: the parts of its public API that this product uses.

A process of its own on loopback with its own state; no money moves. An API key is an account, as
at Stripe: what one key makes no other key sees. It keeps to what Stripe publishes about its API
and refuses parameters that the types of the pinned SDK do not know, so that a call that works
here is one that Stripe understands.

`store` keeps the objects, `parameters` reads and checks requests, `api` finds the operation,
`resources/` are the operations, `delivery` sends webhooks, `server` speaks HTTP, `web` shows
pages: checkout, portal, invoices and a desk for what only happens by itself at Stripe.
"""

"""Calls to Stripe: with time-outs and an idempotency key, and refusals in sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import stripe
import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

CONNECT_S, ANSWER_S = 4, 20


def is_on() -> bool:
    """Whether anything can be bought here."""
    return bool(settings.STRIPE_SECRET_KEY)


def pages() -> list[str]:
    """Where Stripe's own pages are, for those pages of ours whose forms lead there."""
    if settings.STRIPE_SANDBOX:
        return [settings.STRIPE_SANDBOX]
    names = ("checkout", "billing", "invoice")
    return [f"https://{name}.stripe.com" for name in names] if is_on() else []


def client() -> stripe.StripeClient:
    """Stripe, with this installation's key. Raises Problem where it has none."""
    if not is_on():
        raise Problem(
            _("Buying is not set up here. Ask whoever runs this installation to set a Stripe key."),
            code="payments_off",
            status=503,
        )
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_SANDBOX)


@cache
def _client(key: str, host: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": host} if host else {},
        http_client=stripe.RequestsClient(timeout=(CONNECT_S, ANSWER_S)),
        max_network_retries=1,
    )


def once(*parts: object) -> stripe.RequestOptions:
    """The options of a call that must happen once for these parts, however often it is made."""
    name = ":".join(str(part) for part in parts)
    if len(name) > 200:
        name = hashlib.sha256(name.encode()).hexdigest()
    return {"idempotency_key": name}


REFUSED = gettext_noop("Stripe refused this: {value}")
NOTHING_CHARGED = gettext_noop("Nothing was charged.")


@contextmanager
def answering(kept: str = NOTHING_CHARGED) -> Iterator[stripe.StripeClient]:
    """The client; what Stripe refuses becomes a Problem. `kept` says what stands all the same."""
    stripe_client = client()
    try:
        yield stripe_client
    except stripe.CardError as error:
        raise Problem(
            error.user_message or _("The card was declined."), code="card_declined", status=402
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.exception("stripe_key_refused")
        raise Problem(
            _("Stripe does not accept this installation's key. {kept}").format(kept=_(kept)),
            code="stripe_key",
            status=503,
        ) from error
    except stripe.InvalidRequestError as error:
        log.exception("stripe_refused", param=error.param)
        raise Problem(
            _(REFUSED).format(value=error.user_message or error),
            code="stripe_refused",
            status=422,
        ) from error
    except stripe.StripeError as error:
        log.warning("stripe_away", error=str(error))
        raise Problem(
            _("Stripe does not answer just now. {kept} Try again in a moment.").format(
                kept=_(kept)
            ),
            code="stripe_away",
            status=503,
        ) from error

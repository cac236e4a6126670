"""Invoices and receipts, and buying by invoice."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from billing import access
from billing.models import Purchase
from billing.payments import catalogue, invoices
from billing.payments.client import is_on
from billing.views.stripe_pages import leads_to_stripe
from headshots.lib.problems import Problem


@require_safe
@login_required
@leads_to_stripe
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that was bought, with its invoice and receipt."""
    inside = membership(request.user, slug, Role.ADMIN)
    # A checkout that nobody paid is no bill; a month of the plan has one before it is paid.
    shown = access.purchases(inside).exclude(
        state__in=[Purchase.State.OPEN, Purchase.State.DROPPED],
        kind__in=[Purchase.Kind.PACK, Purchase.Kind.PLAN],
        invoice_id=None,
    )
    page = Paginator(shown, 50).get_page(request.GET.get("page"))
    return render(request, "billing/invoices.html", {"inside": inside, "page": page, "on": is_on()})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Buy by invoice: credits, PO number, VAT number."""
    inside = membership(request.user, slug, Role.ADMIN)
    problem = None
    again = request.POST.get("again") == "yes"
    if request.method == "POST":
        purchase = None
        try:
            purchase = invoices.begin(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                credits=catalogue.whole_number(
                    request.POST.get("credits", ""),
                    field="credits",
                    least=catalogue.INVOICE.least,
                ),
                po_number=request.POST.get("po_number", ""),
                once=True,
                again=again,
            )
            purchase = invoices.send(purchase=purchase, vat_id=request.POST.get("vat_id", ""))
            messages.success(request, _("Invoice %s is on its way.") % purchase.number)
            return redirect("invoices", slug=slug)
        except Problem as refused:
            problem = refused
            if purchase is not None and refused.code == "stripe_away":
                # It is kept, and gone on with from there; a second one must not be begun.
                messages.error(request, refused.sentence)
                return redirect("invoices", slug=slug)
            if purchase is not None:
                # What Stripe refused is corrected in the form, as a purchase of its own.
                invoices.discard(purchase=purchase)
    terms = catalogue.INVOICE
    return render(
        request,
        "billing/invoice_new.html",
        {
            "inside": inside,
            "terms": terms,
            "tiers": [t for t in terms.price.tiers if t.up_to is None or t.up_to >= terms.least],
            "most": catalogue.MOST,
            "credits": request.POST.get("credits", "100"),
            "po_number": request.POST.get("po_number", ""),
            "vat_id": request.POST.get("vat_id", ""),
            "again": again,
            "on": is_on(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


@require_POST
@login_required
def send(request: HttpRequest, slug: str, purchase_id: UUID) -> HttpResponse:
    """Go on with an invoice that could not be written."""
    inside = membership(request.user, slug, Role.ADMIN)
    purchase = invoices.send(purchase=access.purchase(inside, purchase_id))
    messages.success(request, _("Invoice %s is on its way.") % purchase.number)
    return redirect("invoices", slug=slug)

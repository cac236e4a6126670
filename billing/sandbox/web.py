"""The pages that people see: checkout, portal, invoices, receipts, and the desk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.template import Context, Engine

from billing.sandbox import desk, pdf
from billing.sandbox.common import need
from billing.sandbox.errors import Refused, missing
from billing.sandbox.resources import cards, checkout, invoices, subscriptions
from billing.sandbox.store import Account, Obj, Store

_PAGES = Path(__file__).parent / "pages"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class Page:
    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=lambda: dict(_HEADERS))


Form = dict[str, str]


class Site:
    """Answers the requests of browsers."""

    def __init__(self, store: Store, address: str, *, settle_s: float | None) -> None:
        if not settings.configured:
            settings.configure(USE_I18N=False)
        self._store = store
        self._address = address
        self._settle_s = settle_s
        self._engine = Engine(dirs=[str(_PAGES)])
        self._engine.template_builtins[0].filter("money", money)
        self._engine.template_builtins[0].filter("day", day)
        self._routes: dict[str, Callable[[Account, Obj, str, Form], Page]] = {
            "pay": self._pay,
            "portal": self._portal,
            "invoices": self._invoice,
            "receipts": self._receipt,
        }
        self._kinds = {
            "pay": "checkout.session",
            "portal": "billing_portal.session",
            "invoices": "invoice",
            "receipts": "charge",
        }

    def answer(self, *, method: str, path: str, query: str, body: str, origin: str | None) -> Page:
        """The page at a path, or what a form there does."""
        # SECURITY: forms of other sites' pages do nothing here.
        if method == "POST" and origin not in (None, self._address):
            return Page(403, b"A form of another site.", "text/plain")
        form = {name: values[0] for name, values in parse_qs(body).items()}
        form["_method"] = method
        first, _, rest = path.strip("/").partition("/")
        thing, _, rest = rest.partition("/")
        try:
            if path == "/style.css":
                return Page(200, (_PAGES / "style.css").read_bytes(), "text/css")
            if first in ("", "desk"):
                return self._desk(form, thing)
            if first not in self._routes:
                raise missing("page", path)
            with self._store.transaction():
                account = Account(self._store, self._store.account_of(thing) or "", self._address)
                return self._routes[first](
                    account, need(account, self._kinds[first], thing), rest, form
                )
        except Refused as refused:
            return self._show("refused.html", refused.status, message=str(refused))

    def _show(self, name: str, status: int = 200, **context: Any) -> Page:
        text = self._engine.get_template(name).render(Context(context))
        return Page(status, text.encode())

    def _go(self, url: str) -> Page:
        return Page(303, headers={**_HEADERS, "Location": url})

    def _pay(self, account: Account, session: Obj, rest: str, form: Form) -> Page:
        problem = ""
        if form["_method"] == "POST" and session["status"] == "open":
            try:
                method = self._method(account, form)
                checkout.pay(account, session, method, email=form.get("email", ""))
            except Refused as refused:
                problem = str(refused)
            else:
                self._settle_later(account, session)
        if session["status"] == "complete":
            url = session["success_url"] or session["return_url"] or "/"
            return self._go(url.replace("{CHECKOUT_SESSION_ID}", session["id"]))
        customer = account.find("customer", session["customer"]) or {}
        return self._show(
            "checkout.html",
            402 if problem else 200,
            session=session,
            customer=customer,
            items=session["line_items"]["data"],
            problem=problem,
            number=form.get("number", ""),
        )

    def _method(self, account: Account, form: Form) -> Obj:
        if form.get("how") in ("late", "late_failure"):
            return cards.debit(account, form["how"])
        return cards.of_number(account, form.get("number", ""))

    def _settle_later(self, account: Account, session: Obj) -> None:
        if self._settle_s is None or session["payment_status"] != "unpaid":
            return

        def settle() -> None:
            with self._store.transaction():
                checkout.settle(account, need(account, "checkout.session", session["id"]))

        timer = threading.Timer(self._settle_s, settle)
        timer.daemon = True
        timer.start()

    def _portal(self, account: Account, session: Obj, rest: str, form: Form) -> Page:
        customer = need(account, "customer", session["customer"])
        problem = ""
        if form["_method"] == "POST":
            try:
                self._portal_act(account, customer, form)
            except Refused as refused:
                problem = str(refused)
            else:
                return self._go(f"{self._address}/portal/{session['id']}")
        return self._show(
            "portal.html",
            402 if problem else 200,
            session=session,
            customer=customer,
            problem=problem,
            plans=account.all("subscription", customer=customer["id"]),
            cards=account.all("payment_method", customer=customer["id"], type="card"),
            chosen=customer["invoice_settings"]["default_payment_method"],
            invoices=[
                one
                for one in account.all("invoice", customer=customer["id"])
                if one["status"] != "draft"
            ],
        )

    def _portal_act(self, account: Account, customer: Obj, form: Form) -> None:
        if form.get("act") in ("cancel", "resume"):
            plan = need(account, "subscription", form.get("subscription"))
            if plan["customer"] != customer["id"]:
                raise missing("subscription", plan["id"])
            ends = form["act"] == "cancel"
            subscriptions.update(account, {"cancel_at_period_end": ends}, id=plan["id"])
        elif form.get("act") == "card":
            method = cards.of_number(account, form.get("number", ""))
            cards.attach_to(account, method, customer["id"])
            customer["invoice_settings"]["default_payment_method"] = method["id"]
            account.save(customer)
            for plan in account.all("subscription", customer=customer["id"], status="active"):
                plan["default_payment_method"] = method["id"]
                account.save(plan)

    def _invoice(self, account: Account, invoice: Obj, rest: str, form: Form) -> Page:
        if rest == "pdf":
            return Page(
                200,
                pdf.page(invoice_lines(invoice)),
                "application/pdf",
                {
                    **_HEADERS,
                    "Content-Disposition": f'inline; filename="{invoice["number"]}.pdf"',
                },
            )
        problem = ""
        if form["_method"] == "POST":
            try:
                if form.get("how") == "transfer":
                    invoices.transfer(account, invoice)
                else:
                    method = self._method(account, form)
                    invoices.charge_invoice(account, invoice, method, off_session=False)
            except Refused as refused:
                problem = str(refused)
            else:
                return self._go(invoice["hosted_invoice_url"])
        return self._show(
            "invoice.html",
            402 if problem else 200,
            invoice=invoice,
            lines=invoice["lines"]["data"],
            problem=problem,
            account=desk.bank_account(invoice["customer"]),
        )

    def _receipt(self, account: Account, charge: Obj, rest: str, form: Form) -> Page:
        return self._show("receipt.html", charge=charge)

    def _desk(self, form: Form, key: str) -> Page:
        with self._store.transaction():
            keys = [
                row[0]
                for row in self._store.rows.execute(
                    "SELECT DISTINCT account FROM object ORDER BY 1"
                )
            ]
            if not key:
                return (
                    self._go(f"{self._address}/desk/{keys[0]}")
                    if len(keys) == 1
                    else (self._show("desks.html", keys=keys))
                )
            if key not in keys:
                raise missing("account", key)
            account = Account(self._store, key, self._address)
            if form["_method"] == "POST":
                desk.act(account, form)
                return self._go(f"{self._address}/desk/{key}")
            return self._show("desk.html", key=key, **desk.seen(account))


def invoice_lines(invoice: Obj) -> list[str]:
    """The invoice as lines of text."""
    lines = [
        "INVOICE (a stand-in for Stripe: no money moves)",
        "",
        f"Number    {invoice['number']}",
        f"Status    {invoice['status']}",
        f"Due       {day(invoice['due_date']) if invoice['due_date'] else 'on receipt'}",
        f"Billed to {invoice['customer_name'] or ''} {invoice['customer_email'] or ''}",
    ]
    lines += [f"{one['type']}: {one['value']}" for one in invoice["customer_tax_ids"]]
    lines += [f"{one['name']}: {one['value']}" for one in invoice["custom_fields"] or []]
    lines += [""]
    for line in invoice["lines"]["data"]:
        lines.append(
            f"{line['quantity']:>7}  {line['description'] or ''}  "
            f"{money(line['amount'], line['currency'])}"
        )
    return [*lines, "", f"Total  {money(invoice['total'], invoice['currency'])}"]


def money(cents: int | None, currency: str = "usd") -> str:
    """As people write it, in a currency with two decimals."""
    return f"{(cents or 0) / 100:,.2f} {currency.upper()}"


def day(moment: int | None) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC).strftime("%-d %b %Y") if moment else ""

"""Invoices, their lines and what was paid on them."""

from __future__ import annotations

from billing.sandbox.api import operation, shown
from billing.sandbox.common import announce, currency, listing, merge, need, whole_list
from billing.sandbox.errors import Refused
from billing.sandbox.resources import cards, catalogue, payments
from billing.sandbox.store import Account, Obj, new_id

DAY = 86_400
_FIELDS = ("custom_fields", "default_payment_method", "description", "footer", "metadata")


def draft(account: Account, customer: Obj, given: Obj, *, reason: str) -> Obj:
    """An invoice without lines."""
    made = account.add(
        "in",
        "invoice",
        account_country="US",
        account_name="Headshots (stand-in)",
        amount_due=0,
        amount_overpaid=0,
        amount_paid=0,
        amount_remaining=0,
        amount_shipping=0,
        attempt_count=0,
        attempted=False,
        auto_advance=given.get("auto_advance", False),
        automatic_tax={"enabled": False, "liability": None, "status": None},
        billing_reason=reason,
        collection_method=given.get("collection_method", "charge_automatically"),
        currency=currency(given.get("currency", "usd")),
        custom_fields=None,
        customer=customer["id"],
        customer_address=customer["address"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        customer_phone=None,
        customer_shipping=None,
        customer_tax_exempt="none",
        customer_tax_ids=[
            {"type": one["type"], "value": one["value"]} for one in customer["tax_ids"]["data"]
        ],
        default_payment_method=None,
        default_source=None,
        default_tax_rates=[],
        description=None,
        discounts=[],
        due_date=None,
        effective_at=None,
        ending_balance=None,
        footer=None,
        hosted_invoice_url=None,
        invoice_pdf=None,
        issuer={"type": "self"},
        last_finalization_error=None,
        latest_revision=None,
        lines=whole_list([], "/v1/invoices/lines"),
        metadata={},
        next_payment_attempt=None,
        number=None,
        on_behalf_of=None,
        parent=given.get("_parent"),
        payment_settings=given.get("payment_settings") or {},
        payments=whole_list([], "/v1/invoice_payments"),
        period_end=account.now,
        period_start=account.now,
        post_payment_credit_notes_amount=0,
        pre_payment_credit_notes_amount=0,
        receipt_number=None,
        rendering=None,
        starting_balance=0,
        statement_descriptor=None,
        status="draft",
        status_transitions={
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        subtotal=0,
        total=0,
        total_discount_amounts=[],
        total_taxes=[],
        webhooks_delivered_at=None,
        _days=given.get("days_until_due"),
    )
    if made["collection_method"] == "send_invoice" and not (
        given.get("days_until_due") or given.get("due_date")
    ):
        raise Refused("days_until_due or due_date is needed for send_invoice.", param="due_date")
    merge(made, given, *_FIELDS)
    made["due_date"] = given.get("due_date")
    return account.save(made)


def add_line(account: Account, invoice: Obj, given: Obj, *, parent: Obj, period: Obj) -> Obj:
    """One more line: a quantity of a price, or an amount."""
    quantity = given.get("quantity", 1)
    price = need(account, "price", given["price"]) if "price" in given else None
    amount = catalogue.amount_of(price, quantity) if price else given["amount"]
    named = need(account, "product", price["product"])["name"] if price else ""
    line: Obj = {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": invoice["currency"],
        "description": given.get("description") or named,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "parent": parent,
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": price
        and {
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
            "unit_amount_decimal": str(amount / quantity),
        },
        "quantity": quantity,
        "subtotal": amount,
        "taxes": [],
    }
    lines = [*invoice["lines"]["data"], line]
    invoice["lines"] = whole_list(lines, f"/v1/invoices/{invoice['id']}/lines")
    total = sum(one["amount"] for one in lines)
    invoice |= {"subtotal": total, "total": total, "amount_due": total, "amount_remaining": total}
    return account.save(invoice)


@operation("POST", "/v1/invoices", "_invoice_create_params:InvoiceCreateParams")
def create(account: Account, given: Obj) -> Obj:
    customer = need(account, "customer", given.get("customer"))
    if "default_payment_method" in given:
        _refuse_of_others(account, given["default_payment_method"], customer["id"])
    made = draft(account, customer, given, reason="manual")
    if given.get("pending_invoice_items_behavior") == "include":
        for item in account.all("invoiceitem", customer=made["customer"], invoice=None):
            _take_item(account, made, item)
    announce(account, "invoice.created", made)
    return shown(made)


@operation("POST", "/v1/invoiceitems", "_invoice_item_create_params:InvoiceItemCreateParams")
def create_item(account: Account, given: Obj) -> Obj:
    customer = need(account, "customer", given.get("customer"))
    price = (given.get("pricing") or {}).get("price")
    if price is None and "amount" not in given:
        raise Refused("An invoice item needs a price or an amount.", param="amount")
    quantity = given.get("quantity", 1)
    made = account.add(
        "ii",
        "invoiceitem",
        amount=given.get("amount", 0),
        currency=currency(given.get("currency", "usd")),
        customer=customer["id"],
        date=account.now,
        description=given.get("description"),
        discountable=True,
        discounts=[],
        invoice=None,
        metadata=given.get("metadata", {}),
        parent=None,
        period={"start": account.now, "end": account.now},
        pricing=None,
        proration=False,
        quantity=quantity,
        tax_rates=[],
        test_clock=None,
        _price=price,
    )
    if price:
        priced = need(account, "price", price)
        made["amount"] = catalogue.amount_of(priced, quantity)
        made["currency"] = priced["currency"]
        made["pricing"] = {
            "type": "price_details",
            "price_details": {"price": price, "product": priced["product"]},
            "unit_amount_decimal": str(made["amount"] / quantity),
        }
        account.save(made)
    announce(account, "invoiceitem.created", made)
    if given.get("invoice"):
        _take_item(account, need(account, "invoice", given["invoice"]), made)
    return shown(made)


def _take_item(account: Account, invoice: Obj, item: Obj) -> None:
    if invoice["status"] != "draft":
        raise Refused("Items can be added to drafts alone.", param="invoice")
    item["invoice"] = invoice["id"]
    account.save(item)
    given: Obj = {"quantity": item["quantity"], "description": item["description"]}
    given |= {"price": item["_price"]} if item["_price"] else {"amount": item["amount"]}
    given["metadata"] = item["metadata"]
    parent = {
        "type": "invoice_item_details",
        "invoice_item_details": {"invoice_item": item["id"], "proration": False},
    }
    add_line(account, invoice, given, parent=parent, period=item["period"])


@operation(
    "GET", "/v1/invoiceitems/{id}", "_invoice_item_retrieve_params:InvoiceItemRetrieveParams"
)
def item(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "invoiceitem", id))


@operation(
    "POST",
    "/v1/invoices/{id}/finalize",
    "_invoice_finalize_invoice_params:InvoiceFinalizeInvoiceParams",
)
def finalize(account: Account, given: Obj, id: str) -> Obj:
    invoice = need(account, "invoice", id)
    if invoice["status"] != "draft":
        raise Refused("This invoice is already finalized.", code="invoice_not_editable")
    customer = need(account, "customer", invoice["customer"])
    count = len([one for one in account.all("invoice", customer=customer["id"]) if one["number"]])
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{count + 1:04}",
        "effective_at": account.now,
        "hosted_invoice_url": f"{account.address}/invoices/{id}",
        "invoice_pdf": f"{account.address}/invoices/{id}/pdf",
    }
    invoice["status_transitions"]["finalized_at"] = account.now
    if invoice["_days"]:
        invoice["due_date"] = account.now + invoice["_days"] * DAY
    account.save(invoice)
    announce(account, "invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        _paid(account, invoice)
    return shown(invoice)


def _open(account: Account, id: str) -> Obj:
    """The invoice, finalized if need be; refused where nothing is to be paid on it."""
    if need(account, "invoice", id)["status"] == "draft":
        finalize(account, {}, id=id)
    invoice = need(account, "invoice", id)
    if invoice["status"] == "paid":
        raise Refused("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in ("open", "uncollectible"):
        raise Refused(f"This invoice is {invoice['status']}.")
    return invoice


@operation(
    "POST", "/v1/invoices/{id}/send", "_invoice_send_invoice_params:InvoiceSendInvoiceParams"
)
def send(account: Account, given: Obj, id: str) -> Obj:
    invoice = _open(account, id)
    announce(account, "invoice.sent", invoice)
    return shown(invoice)


@operation("POST", "/v1/invoices/{id}/pay", "_invoice_pay_params:InvoicePayParams")
def pay(account: Account, given: Obj, id: str) -> Obj:
    invoice = _open(account, id)
    if given.get("paid_out_of_band"):
        _paid(account, invoice)
        return shown(invoice)
    customer = need(account, "customer", invoice["customer"])
    chosen = (
        given.get("payment_method")
        or given.get("source")
        or invoice["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )
    if not chosen:
        raise Refused(
            "There is no default_payment_method set on this Customer or Invoice.",
            code="missing",
        )
    _refuse_of_others(account, chosen, invoice["customer"])
    charge_invoice(account, invoice, cards.resolve(account, chosen))
    return shown(need(account, "invoice", id))


def _refuse_of_others(account: Account, method_id: str, customer_id: str) -> None:
    """A payment method that is attached to another customer, or to nobody any more."""
    found = account.find("payment_method", method_id)
    if found is not None and found["customer"] != customer_id:
        raise Refused(
            f"The customer does not have a payment method with the ID {method_id}. "
            "The payment method must be attached to the customer.",
            code="resource_missing",
            param="payment_method",
        )


def charge_invoice(account: Account, invoice: Obj, method: Obj, *, off_session: bool = True) -> Obj:
    """Take what is due from a payment method; a declined one is a Refused."""
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    asked: Obj = {
        "amount": invoice["amount_remaining"],
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": f"Payment for invoice {invoice['number']}",
    }
    intent = need(account, "payment_intent", payments.create(account, asked)["id"])
    _attach_payment(account, invoice, intent["id"], "open", 0)
    try:
        intent = payments.pay(account, intent, method, off_session=off_session)
    except Refused as refused:
        account.save(invoice)
        if refused.body["error"].get("code") == "authentication_required":
            announce(account, "invoice.payment_action_required", invoice)
        announce(account, "invoice.payment_failed", invoice)
        raise
    account.save(invoice)
    if intent["status"] == "succeeded":
        _paid(account, invoice)
    return invoice


def transfer(account: Account, invoice: Obj) -> Obj:
    """A bank transfer for all that is due has arrived."""
    invoice = _open(account, invoice["id"])
    method = account.add(
        "pm",
        "payment_method",
        billing_details={"address": None, "email": None, "name": None, "phone": None},
        customer=invoice["customer"],
        customer_balance={},
        metadata={},
        type="customer_balance",
        _behaves="accepted",
    )
    return charge_invoice(account, invoice, method)


def settle(account: Account, invoice: Obj) -> Obj:
    """A bank debit for the invoice has come in, or has not."""
    latest = invoice["payments"]["data"][0]["payment"]["payment_intent"]
    intent = payments.settle(account, need(account, "payment_intent", latest))
    if intent["status"] == "succeeded":
        _paid(account, invoice)
    else:
        announce(account, "invoice.payment_failed", invoice)
    return invoice


def _attach_payment(account: Account, invoice: Obj, intent: str, status: str, paid: int) -> None:
    others = [
        one for one in invoice["payments"]["data"] if one["payment"]["payment_intent"] != intent
    ]
    kept = next((one for one in invoice["payments"]["data"] if one not in others), None)
    made = kept or account.add(
        "inpay",
        "invoice_payment",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent},
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    made |= {"status": status, "amount_paid": paid}
    account.save(made)
    invoice["payments"] = whole_list([made, *others], "/v1/invoice_payments")


def _paid(account: Account, invoice: Obj) -> None:
    if invoice["payments"]["data"]:
        latest = invoice["payments"]["data"][0]["payment"]["payment_intent"]
        _attach_payment(account, invoice, latest, "paid", invoice["amount_due"])
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
    }
    invoice["status_transitions"]["paid_at"] = account.now
    account.save(invoice)
    announce(account, "invoice.paid", invoice)
    announce(account, "invoice.payment_succeeded", invoice)
    subscription = account.find("subscription", subscription_of(invoice))
    if subscription is not None and subscription["status"] == "past_due":
        subscription["status"] = "active"
        announce(account, "customer.subscription.updated", account.save(subscription))


def of_session(account: Account, session: Obj, data: Obj) -> Obj:
    """The invoice of a checkout that is paid already."""
    customer = need(account, "customer", session["customer"])
    given = {**data, "currency": session["currency"]}
    invoice = draft(account, customer, given, reason="manual")
    moment = {"start": account.now, "end": account.now}
    for one in session["line_items"]["data"]:
        add_line(
            account,
            invoice,
            {"price": one["price"]["id"], "quantity": one["quantity"]},
            parent={"type": "invoice_item_details", "invoice_item_details": {"proration": False}},
            period=moment,
        )
    announce(account, "invoice.created", invoice)
    finalize(account, {}, id=invoice["id"])
    invoice = need(account, "invoice", invoice["id"])
    _attach_payment(account, invoice, session["payment_intent"], "open", 0)
    _paid(account, invoice)
    return invoice


@operation(
    "POST", "/v1/invoices/{id}/void", "_invoice_void_invoice_params:InvoiceVoidInvoiceParams"
)
def void(account: Account, given: Obj, id: str) -> Obj:
    invoice = _open(account, id)
    invoice["status"] = "void"
    invoice["status_transitions"]["voided_at"] = account.now
    announce(account, "invoice.voided", account.save(invoice))
    return shown(invoice)


@operation(
    "POST",
    "/v1/invoices/{id}/mark_uncollectible",
    "_invoice_mark_uncollectible_params:InvoiceMarkUncollectibleParams",
)
def mark_uncollectible(account: Account, given: Obj, id: str) -> Obj:
    invoice = _open(account, id)
    invoice["status"] = "uncollectible"
    announce(account, "invoice.marked_uncollectible", account.save(invoice))
    return shown(invoice)


@operation("POST", "/v1/invoices/{id}", "_invoice_modify_params:InvoiceModifyParams")
def update(account: Account, given: Obj, id: str) -> Obj:
    invoice = merge(need(account, "invoice", id), given, *_FIELDS)
    announce(account, "invoice.updated", account.save(invoice))
    return shown(invoice)


@operation("GET", "/v1/invoices/{id}/lines", "_invoice_list_lines_params:InvoiceListLinesParams")
def lines(account: Account, given: Obj, id: str) -> Obj:
    kept: Obj = need(account, "invoice", id)["lines"]
    return kept


@operation("GET", "/v1/invoices/{id}", "_invoice_retrieve_params:InvoiceRetrieveParams")
def retrieve(account: Account, given: Obj, id: str) -> Obj:
    return shown(need(account, "invoice", id))


@operation("GET", "/v1/invoices", "_invoice_list_params:InvoiceListParams")
def all_of_them(account: Account, given: Obj) -> Obj:
    names = ("customer", "status", "collection_method")
    same = {name: given[name] for name in names if name in given}
    found = account.all("invoice", **same)
    if "subscription" in given:
        found = [one for one in found if subscription_of(one) == given["subscription"]]
    return listing(found, given, "/v1/invoices")


def subscription_of(invoice: Obj) -> str | None:
    details: Obj = (invoice["parent"] or {}).get("subscription_details") or {}
    return details.get("subscription")


@operation(
    "GET",
    "/v1/invoice_payments/{id}",
    "_invoice_payment_retrieve_params:InvoicePaymentRetrieveParams",
)
def payment(account: Account, given: Obj, id: str) -> Obj:
    return need(account, "invoice_payment", id)


@operation("GET", "/v1/invoice_payments", "_invoice_payment_list_params:InvoicePaymentListParams")
def payments_of(account: Account, given: Obj) -> Obj:
    found = account.all(
        "invoice_payment", **({"invoice": given["invoice"]} if "invoice" in given else {})
    )
    wanted = (given.get("payment") or {}).get("payment_intent")
    if wanted:
        found = [one for one in found if one["payment"]["payment_intent"] == wanted]
    return listing(found, given, "/v1/invoice_payments")

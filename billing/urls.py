from django.urls import path

from billing.views import buying, credits, invoices, plans, top_up

urlpatterns = [
    path("credits", credits.credits, name="credits"),
    path("credits/buy", buying.buy, name="credits_buy"),
    path("credits/buy/<uuid:purchase_id>/go-on", buying.go_on, name="purchase_go_on"),
    path("credits/buy/<uuid:purchase_id>/drop", buying.drop, name="purchase_drop"),
    path("credits/bought/<uuid:purchase_id>", buying.bought, name="bought"),
    path("credits/top-up", top_up.top_up, name="top_up"),
    path("credits/top-up/card", top_up.card, name="top_up_card"),
    path("plan", plans.plan, name="plan"),
    path("plan/start", plans.start, name="plan_start"),
    path("plan/portal", plans.portal, name="portal"),
    path("invoices", invoices.listed, name="invoices"),
    path("invoices/new", invoices.new, name="invoice_new"),
    path("invoices/<uuid:purchase_id>/send", invoices.send, name="invoice_send"),
]

"""Every address of the site."""

from django.conf import settings
from django.urls import include, path

from accounts.views import bounces, joining, sessions, sso
from generation.views import delivery, embedded, fresh_links, join_links, provenance, team_pages
from headshots import component_page, home, languages, pricing
from headshots.developers import views as developers

urlpatterns = [
    path("", home.landing, name="landing"),
    path("pricing", pricing.pricing, name="pricing"),
    path("home", home.home, name="home"),
    path("team/<str:key>", team_pages.team, name="team"),
    path("team/<str:key>/<uuid:rendition_id>", team_pages.team_picture, name="team_picture"),
    path("d/<str:token>/", delivery.shared, name="shared"),
    path("d/<str:token>/headshots.zip", delivery.shared_zip, name="shared_zip"),
    path("verify", provenance.verify, name="verify"),
    path("components", component_page.components, name="components"),
    path("language", languages.choose, name="set_language"),
    path("account/sso", sso.start, name="sso_start"),
    path("account/sessions/<int:session_id>/end", sessions.end, name="session_end"),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("headshots.api")),
    path("api/problems/<slug:code>", developers.problems, name="problem_type"),
    path("developers/", include("headshots.developers.urls")),
    path("organisations/new", home.new_organisation, name="new_organisation"),
    path("join/<str:token>", joining.join, name="join"),
    path("mail/bounces", bounces.bounced, name="mail_bounces"),
    path("fresh-link/<str:token>", embedded.framed(fresh_links.fresh), name="fresh_link"),
    path("start/<str:token>", join_links.join, name="join_order"),
    path("start/<str:token>/code", join_links.code, name="join_order_code"),
    path("o/<slug:slug>/", include("accounts.urls")),
    path("o/<slug:slug>/", include("billing.urls")),
    path("o/<slug:slug>/", include("generation.urls")),
    path("e/<str:signed>", embedded.enter, name="embedded"),
    path("i/<str:token>/", include("generation.employee_urls")),
    path("stripe/", include("djstripe.urls", namespace="djstripe")),
]
if settings.DEMO:
    from headshots.demo import mailbox

    urlpatterns.append(path("demo/mail", mailbox.mailbox, name="demo_mail"))

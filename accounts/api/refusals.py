"""What operations on people, keys and webhooks refuse, by example."""

from __future__ import annotations

from headshots.lib.api.refusals import Refused

EMAIL_TAKEN = Refused("email_taken", 422, "Ada Moreau has this address already.", "email")
EXTERNAL_ID_TAKEN = Refused(
    "external_id_taken", 422, "Ada Moreau has this external id already.", "external_id"
)
NUMBER_TAKEN = Refused(
    "number_taken", 422, "Ada Moreau has this number already.", "employee_number"
)
LAST_OWNER = Refused(
    "last_owner", 409, "An organisation needs an owner. Make somebody else owner first."
)
MEMBER_OF_ANOTHER = Refused(
    "member_of_another",
    403,
    "The organisation brought them in itself. A partner does not decide about them.",
)
OWNERS_ALONE = Refused(
    "owners_alone", 403, "A partner makes nobody an owner and decides about none."
)
MEMBER_ALREADY = Refused(
    "member_already",
    422,
    "mira@acme.example is a member already. Change their role in the list.",
    "email",
)
ORIGIN = Refused(
    "origin",
    422,
    "“people.example.com/x” is no origin, such as https://people.example.com, without a path "
    "behind it.",
    "embed_origins",
)
TIME_ZONE = Refused(
    "time_zone",
    422,
    "“Berlin” is no time zone. Choose one from the list.",
    "time_zone",
)
LOCATION = Refused("location", 422, "Nobody on the roster is in “Atlantis”.", "locations")
LOGO = Refused(
    "logo",
    422,
    "The logo cannot be read. Send a PNG or WebP with a transparent background.",
    "logo",
)
NETWORK = Refused(
    "network", 422, "“10.0.0.0/99” is no network address, such as 203.0.113.0/24.", "networks"
)
PASSED = Refused("expired", 422, "This date has passed.", "expires_at", name="date_passed")
REVOKED = Refused("key_revoked", 409, "This key has been revoked.", name="revoked_already")
MORE_THAN_OWN = Refused(
    "scope_missing",
    403,
    "You cannot give the scope members:write. Your own key lacks it.",
    "scopes",
    name="more_than_own",
)
PARTNER_UNKNOWN = Refused(
    "partner_unknown",
    422,
    "This is no partner’s id. Ask the partner for it; it is on their page of keys.",
    "partner",
)
SANDBOX_GRANT = Refused(
    "sandbox", 409, "A grant is given with a live key; it holds for the sandbox as well."
)
URL = Refused("url", 422, "127.0.0.1 is this machine itself. Nothing was sent.", "url")
TOO_MANY_ENDPOINTS = Refused(
    "too_many_endpoints", 422, "There are 16 endpoints already. Delete one first."
)
DISABLED = Refused("disabled", 409, "This endpoint is switched off. Switch it on first.")
SECRET_OF_ANOTHER = Refused(
    "secret_of_another",
    403,
    "Somebody else named the address of this endpoint. Its secret is not yours to make.",
)
SINCE_FUTURE = Refused("since", 422, "This lies in the future.", "since", name="since_future")
SINCE_LONG_AGO = Refused(
    "since", 422, "Events are kept for 30 days.", "since", name="since_long_ago"
)
UNTIL_BEFORE_SINCE = Refused(
    "until_before_since", 422, "The end is not after the beginning.", "until"
)
LIVE_ALONE = Refused(
    "sandbox",
    409,
    "This is decided for the organisation itself, not in its sandbox. Use a live key.",
    name="live_alone",
)
DOMAIN = Refused("domain", 422, "“example” is no domain. Write it like example.com.", "domain")
RECORD_MISSING = Refused(
    "record_missing",
    409,
    "The record is not there yet. After it is made it can take an hour until everybody sees it.",
)
TOO_OFTEN = Refused("too_often", 429, "This was asked too often. Wait a while, then try again.")
ISSUER = Refused("address", 422, "Write the whole address, beginning with https://.", "issuer")
SECRET_AGAIN = Refused(
    "secret_again",
    422,
    "The secret that is kept is for another issuer or client ID. Give the one for this.",
    "secret",
)
UNTESTED = Refused("untested", 409, "Test the provider first; it must have let you in.")
NO_SECOND_FACTOR = Refused(
    "own_second_factor",
    422,
    "No owner has a second factor yet, so nobody could come in any more. Let one of them set it "
    "up first.",
    "second_factor_required",
)
OWN_KEY = Refused(
    "own_key",
    403,
    "A key of the organisation's own is needed for this; a partner's cannot do it.",
)

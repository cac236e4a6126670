"""What operations on people, keys and webhooks refuse, by example."""

from __future__ import annotations

from dataclasses import replace

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
TOO_MANY_ORIGINS = Refused("too_many_origins", 422, "At most 20 origins.", "embed_origins")
ORIGIN_OF_FRAMES = replace(ORIGIN, field="origins", name="origin_of_frames")
TOO_MANY_FOR_FRAMES = replace(TOO_MANY_ORIGINS, field="origins", name="too_many_for_frames")
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
ENDPOINT_OF_ANOTHER = Refused(
    "endpoint_of_another",
    403,
    "Somebody else named the address of this endpoint. They alone change and use it.",
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
TOO_MANY_KEYS = Refused("too_many_keys", 422, "There are 100 keys. Revoke some first.")
TOO_MANY_INVITATIONS = Refused(
    "too_many_invitations", 422, "100 invitations are open. Revoke some first."
)
INVITATION_OVER = Refused(
    "invitation_over",
    409,
    "This invitation has been used or revoked meanwhile. Load the page again.",
)
MEMBER_GONE = Refused("member_gone", 409, "They are no member any more. Load the page again.")
CLOSED = Refused("closed", 410, "This organisation is closed.")
ORGANISATION_NAME = Refused(
    "name_missing", 422, "Give the organisation a name.", "name", name="organisation_name"
)
HOURS = Refused("hours", 422, "Give two different hours between 0 and 23.", "quiet_from")
DNS_DOWN = Refused(
    "dns_down",
    503,
    "The domain’s name servers did not answer. Nothing has changed; try again later.",
)
DOMAIN_TAKEN = Refused(
    "domain_taken",
    409,
    "Another organisation has proved this domain. Write to us if that is wrong.",
)
TOO_MANY_DOMAINS = Refused(
    "too_many", 422, "These are too many domains. Remove one first.", name="too_many_domains"
)
LAST_DOMAIN = Refused(
    "last_domain",
    409,
    "Members must sign in through your provider, and this is its last domain.",
)
CERTIFICATE = Refused(
    "certificate",
    422,
    "This is no certificate. Paste the provider’s signing certificate (X.509, PEM).",
    "certificate",
)
PROVIDER_FIELD = Refused("missing", 422, "Give the client secret.", "secret", name="provider_field")
NO_WAY_IN = Refused(
    "own_second_factor",
    409,
    "No owner has a second factor yet. It is the owners’ way in when the provider is down; let one "
    "of them set it up first.",
    name="no_way_in",
)
ATTRIBUTE = Refused(
    "attribute",
    422,
    "An attribute’s name has at most 60 characters, what it says 500.",
    "attributes",
)
ATTRIBUTES = Refused("attributes", 422, "At most 30 attributes are kept.")
ENDPOINT_GONE = Refused("gone", 404, "This endpoint has been deleted.")
TOO_MANY_EVENTS = Refused(
    "too_many",
    422,
    "These are 10,001 events; at most 10,000 are sent again at once. Choose a shorter time.",
    "since",
    name="too_many_events",
)

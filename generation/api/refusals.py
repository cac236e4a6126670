"""What operations on orders, shoots and pictures refuse, by example."""

from __future__ import annotations

from headshots.lib.api.refusals import Refused

CREDITS_MISSING = Refused(
    "credits_missing",
    402,
    "3 credits are missing. Buy credits or choose fewer people; nothing was held.",
)
CREDIT_MISSING = Refused(
    "credits_missing",
    402,
    "1 credit is missing. Buy credits or choose fewer people; nothing was held.",
    name="credit_missing",
)
PHOTOS_WAIT = Refused(
    "credits_missing",
    402,
    "1 credit is missing. Buy credits or choose fewer people; nothing was held. The photos are "
    "kept, and go in by themselves once there are credits.",
    name="photos_wait",
)
OVER_BUDGET = Refused(
    "over_budget",
    409,
    "Sales has 2 of its 2 credits left this month, and this takes 3. Choose fewer of its people "
    "or have its budget raised; nothing was ordered.",
    "employees",
)
DUE = Refused("due", 422, "The due date has passed. Choose a later one.", "due_at")
ORDER_DUE = Refused("due", 409, "The order was due already. Place another.", name="order_due")
NOT_ON_ROSTER = Refused(
    "employee_unknown",
    422,
    "1 of these are not on the roster, 00000000-0000-7000-8000-000000000000 among them.",
    "employees",
    name="not_on_roster",
)
HAS_LEFT = Refused("employee_unknown", 422, "Ada Moreau has left.", "employee", name="has_left")
CANNOT_CANCEL = Refused(
    "transition",
    409,
    "This shoot is delivered; it cannot become cancelled.",
    name="cannot_cancel",
)
CANNOT_OPT_OUT = Refused(
    "transition",
    409,
    "This shoot is delivered; it cannot become opted out.",
    name="cannot_opt_out",
)
NOT_CONFIRMED = Refused(
    "not_confirmed",
    422,
    "Withdrawing destroys everything of this person and cannot be undone. Say that you know it: "
    "irrevocable has to be true.",
    "irrevocable",
)
NOTHING_SIGNED = Refused(
    "no_release", 409, "You have signed no release, so there is nothing to take back."
)
BEING_MADE = Refused(
    "being_made",
    409,
    "Your pictures are being made; wishes can be changed when they are there.",
)
ATTIRE = Refused(
    "attire",
    422,
    "This look does not include that attire. Choose one of those shown.",
    "attire",
)
NOTHING_TO_MAKE_AGAIN = Refused(
    "transition", 409, "There is nothing to make again now.", name="nothing_to_make_again"
)
ROUNDS_SPENT = Refused(
    "rounds_spent",
    409,
    "New pictures have been made 2 times already. Please pick the best of these, or opt out.",
)
NOT_PICKED = Refused("not_picked", 409, "Ada Moreau has not picked a headshot yet.")
NO_PHOTOS_AWAITED = Refused(
    "transition", 409, "This shoot is delivered; no photos are awaited.", name="no_photos_awaited"
)
NOTHING_TO_CHOOSE = Refused(
    "transition",
    409,
    "This shoot is delivered; there is nothing to choose now.",
    name="nothing_to_choose",
)
NOT_LISTED = Refused("not_listed", 404, "This picture is not on the list.")
TOO_FEW = Refused(
    "too_few", 422, "0 of your photos can be used and 6 are needed. Add 6 more.", "photos"
)
SAME_PICTURE = Refused(
    "same_picture",
    422,
    "Your photos are nearly all the same picture. Add some that you take elsewhere, in other light "
    "and with your head turned a little.",
    "photos",
)
TWO_PEOPLE = Refused(
    "two_people",
    422,
    "Your photos seem to show different people, and as many of them one as another. Add more of "
    "yourself, and remove those of others.",
    "photos",
)
STILL_CHECKED = Refused(
    "checking", 409, "Some photos are still being checked. Wait a moment and try again."
)
RELEASE_MISSING = Refused(
    "release_missing", 409, "Sign the release first; photos can be added after it."
)
HANDED_IN = Refused(
    "handed_in", 409, "Your photos have been handed in; they cannot be changed now."
)
PHOTO = Refused(
    "photo",
    422,
    "ada.jpg: This file is not a photo that can be read. Send a JPEG, PNG, WebP or HEIC photo.",
    "photo",
)
NO_BYTES = Refused("invalid", 422, "Send the photo's bytes.", "photo", name="no_bytes")
USED = Refused("used", 410, "This address has been used.")
EXPIRED = Refused("expired", 410, "This address has expired. Ask for a new one.")
NO_ADDRESS = Refused("not_found", 404, "There is no such upload address.", name="no_address")
RELEASE_CHANGED = Refused(
    "release_changed",
    422,
    "This is not the text that has to be signed now. Read it anew and have it signed.",
    "text",
)
SIGNED_AT = Refused(
    "signed_at", 422, "The time of signing is in the future, or more than a year ago.", "signed_at"
)
ORIGIN_NOT_ALLOWED = Refused(
    "origin_not_allowed",
    422,
    "https://people.example.com is not among the origins that may show the employees’ way. Add it "
    "to the organisation’s embed_origins first.",
    "return_url",
)
RETURN_URL = Refused(
    "return_url",
    422,
    "Give the whole address that employees come back to, beginning with https://.",
    "return_url",
)
LINK_CLOSED = Refused(
    "link_closed",
    409,
    "The personal link is revoked or past its time. Send the invitation again first.",
)
NOTHING_APPROVED = Refused("nothing_approved", 409, "No headshot of this order is approved yet.")
NOT_READY = Refused("not_ready", 409, "This export is not ready.")
EMPTY_WALL = Refused(
    "empty", 409, "The wall is empty so far; approve a headshot first.", name="empty_wall"
)
WALL_NOT_READY = Refused(
    "not_ready",
    409,
    "The wall as it hangs now is not drawn. Have it drawn, and wait until it is ready.",
    name="wall_not_ready",
)
GRADIENT = Refused(
    "colour", 422, "A gradient takes two colours or more.", "colours", name="gradient"
)
PLATE_PICTURE = Refused(
    "picture",
    422,
    "This file is not a picture that can be read. Send a JPEG, PNG, WebP or HEIC picture.",
    "picture",
)
NO_WALL_FILE = Refused(
    "renditions",
    422,
    "Keep one rendition in colour that fills its frame; the staff wall is made of it.",
    "renditions",
)
NO_RENDITION = Refused(
    "not_found",
    404,
    "There is no such file; `renditions` lists those there are.",
    name="no_rendition",
)
NO_SIDE = Refused(
    "not_found",
    404,
    "There is no such picture; `before` and `after` of the headshot say where they are.",
    name="no_side",
)
NO_KIND = Refused(
    "not_found", 404, "There is no such file; `kinds` lists those there are.", name="no_kind"
)
JOIN_END = Refused(
    "expires", 422, "Let the link end after today and not after the order is due.", "expires_at"
)
OWN_JOIN_END = Refused(
    "expires", 422, "Let the link end after today and within a year.", "expires_at", name="own_end"
)
NOT_CHOOSING = Refused(
    "transition", 409, "Ada Moreau is not choosing any more.", name="not_choosing"
)
NOT_YOURS_TO_PICK = Refused(
    "not_yours_to_pick", 409, "Until the due date the choice is theirs alone."
)
NOTHING_TO_ADD_TO = Refused(
    "transition",
    409,
    "More pictures can be had while there are some to choose from.",
    name="nothing_to_add_to",
)
NOBODY_TO_REMIND = Refused(
    "not_their_turn",
    409,
    "There is nothing for these people to do just now, so nobody was reminded.",
)
NAMING = Refused(
    "naming",
    422,
    "There is no {team}. Use {last}, {first}, {number}, {email}, {department}, {title}.",
    "naming",
)
NOTHING_LEFT = Refused("nothing", 409, "Nothing is left to try again.", name="nothing_left")
SAME_LOOK = Refused("same_look", 422, "That is the look of this order. Choose another.", "look")
PHOTOS_GONE = Refused(
    "photos_gone",
    409,
    "Somebody chosen has left, or their photos are no longer there. Place a new order instead.",
)
SAME_FINISH = Refused("same", 409, "The headshots are in this finish already.", name="same_finish")
NOT_FAILED = Refused("not_failed", 409, "The files of this headshot are there, or are being made.")
REFINISH_OPEN = Refused(
    "refinish_open",
    409,
    "Headshots of this order are being rendered. Use or discard those first.",
)
STILL_RENDERING = Refused(
    "rendering", 409, "Some headshots are still being rendered. Wait a moment and try again."
)
NOTHING_TO_PUBLISH = Refused("nothing", 409, "Nothing is approved yet.", name="nothing_to_publish")
NOTHING_TO_PUT_BACK = Refused(
    "nothing",
    409,
    "This run changed nothing that can be put back.",
    name="nothing_to_put_back",
)
PUT_BACK_ALREADY = Refused(
    "undone",
    409,
    "What stood there of this person was put back already.",
    name="put_back_already",
)
DIRECTORY_FIELD = Refused("missing", 422, "Fill in “API key”.", "values.api_key")
DIRECTORY_OF_ANOTHER = Refused(
    "directory_of_another",
    403,
    "Somebody else connected this directory. They alone change that.",
)
TEAM_PAGE_OF_ANOTHER = Refused(
    "team_page_of_another",
    403,
    "Somebody else published this page. They alone change that.",
)
PUBLISHING_NOW = Refused(
    "running", 409, "Something is being published there. Wait until it has ended."
)
CLOSING_NAME = Refused(
    "name", 422, "Type the name as it stands here: Acme", "name", name="closing_name"
)
ROUNDS_SPENT = Refused(
    "rounds_spent",
    409,
    "New pictures have been made as often as we can. Ask for another pick instead.",
)
PHOTOS_DESTROYED = Refused(
    "photos_gone",
    409,
    "The photos of Ada Moreau have been destroyed, so no new pictures can be made of them. Ask for "
    "another pick instead.",
    name="photos_destroyed",
)
OWN_PHOTOS_DESTROYED = Refused(
    "photos_gone",
    409,
    "Your photos have been destroyed, as you were promised, so no new pictures can be made of "
    "them. Please pick the best of these, or opt out.",
    name="own_photos_destroyed",
)
NO_MORE_PICTURES = Refused(
    "photos_gone",
    409,
    "The photos of Ada Moreau have been destroyed, so no more pictures can be made.",
    name="no_more_pictures",
)
HAD_MORE = Refused("had_more", 409, "More pictures were made already.")
CANNOT_SEND_BACK = Refused(
    "transition",
    409,
    "This shoot is delivered; it cannot become choosing.",
    name="cannot_send_back",
)
CANNOT_SIGN = Refused(
    "transition",
    409,
    "This shoot is cancelled; it cannot become collecting photos.",
    name="cannot_sign",
)
EVIDENCE_MISSING = Refused(
    "evidence_missing", 422, "Say who signed, and how it can be proved.", "evidence"
)
UNDER_WAY = Refused(
    "under_way",
    409,
    "1 of these people is having this look made already, and is no longer ticked.",
    "shoots",
)
LINKS = Refused("links", 409, "This order has 20 links. Revoke one first.")
KINDS = Refused(
    "renditions", 422, "This order has no rendition “huge”.", "kinds", name="kinds_unknown"
)
TOO_MANY_EXPORTS = Refused(
    "too_many", 422, "20 exports are under way. Wait for one.", name="too_many_exports"
)
SITE = Refused(
    "site",
    422,
    "“www.example.com” is no site. Write it like https://www.example.com.",
    "sites",
)
COLOUR = Refused("colour", 422, "“red” is no colour. Write it like #1a2b3c.", "frame_colour")
FINISH_CHANGED = Refused(
    "stale",
    409,
    "Somebody changed this finish just now. Load the page again.",
    name="finish_changed",
)
PLATE_CHANGED = Refused(
    "stale",
    409,
    "Somebody changed this plate just now. Load the page again.",
    name="plate_changed",
)
LOOK_CHANGED = Refused(
    "stale",
    409,
    "Somebody changed this look just now. Load the page again.",
    name="look_changed",
)
NOBODY_STANDS_OUT = Refused(
    "nothing", 409, "Nobody stands out; there is nothing to mend.", name="nobody_stands_out"
)
NOTHING_TO_RENDER = Refused(
    "nothing",
    409,
    "There are no headshots to render yet; new ones will come in the newest finish.",
    name="nothing_to_render",
)
NOTHING_RENDERED = Refused(
    "nothing",
    409,
    "None of the headshots could be rendered; the reasons stand beside them.",
    name="nothing_rendered",
)
DECIDED = Refused(
    "stale", 409, "This has been decided already. Load the page again.", name="decided"
)
NOT_THE_NEWEST = Refused(
    "stale",
    409,
    "The headshots have changed since; undo the newest change first.",
    name="not_the_newest",
)
JOIN_DOMAIN = Refused(
    "domain", 422, "“acme” is no domain. Write it like example.com.", "domains", name="join_domain"
)
TOO_MANY_PHOTOS = Refused(
    "too_many",
    422,
    "ada.jpg: there are 30 photos already, which is plenty. Remove one first.",
    "photo",
    name="too_many_photos",
)
TOO_MANY_ADDRESSES = Refused(
    "too_many",
    409,
    "100 addresses are open. Use those, or wait an hour.",
    name="too_many_addresses",
)
COMPANY = Refused(
    "company", 422, "The company domain is the part before .bamboohr.com.", "values.company"
)
TENANT = Refused("tenant", 422, "The tenant ID is a GUID or a domain.", "values.tenant")
SERVICE_ACCOUNT = Refused(
    "service_account",
    422,
    "This is no key file of a service account. Paste the whole JSON file.",
    "values.service_account",
)
TOKENS = Refused("tokens", 422, "Line 1: write an address, a comma and a token.", "values.tokens")
PUBLISHING_ALREADY = Refused(
    "running",
    409,
    "Something is being published there already. Wait until it has ended.",
    name="publishing_already",
)
UNDONE = Refused("undone", 409, "This run was put back already.")

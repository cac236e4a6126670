"""The Python client against the running server."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from accounts.models import Employee, Release, WebhookEndpoint
from accounts.webhooks import sending
from generation.models import Order, Shoot, State
from tests.accounts.webhooks.receiver import receiving
from tests.clients.beside import default_cluster
from tests.clients.conftest import Breaking
from tests.world import DIRECTION, World, bring, give_initials, jpeg

Connect = Callable[..., Any]


def test_from_roster_to_order_to_approval(acme: World, connect: Connect) -> None:
    client = connect()
    assert client.organisation()["name"] == "Acme"
    rows = [
        {"external_id": f"hr-{n}", "email": f"p{n}@acme.example", "first_name": f"P{n}"}
        for n in range(3)
    ]
    told = client.employees.upsert([*rows, {"external_id": "x", "email": "no address"}])
    assert [each["result"] for each in told] == ["created", "created", "created", "refused"]
    assert told[3]["problem"]["field"]
    people = list(client.employees.list(limit=2))
    assert len(people) == 3
    changed = client.employees.update(people[0]["id"], {"title": "Engineer"})
    assert changed["title"] == "Engineer"
    client.employees.mark_left(people[2]["id"])
    assert [p["id"] for p in client.employees.list(status="left")] == [people[2]["id"]]
    look = client.looks.save(name="Studio", **DIRECTION)
    order = client.orders.place(look=look["id"], employees=[p["id"] for p in people[:2]])
    assert order["counts"]["invited"] == 2
    shoots = list(client.shoots.list(order=order["id"]))
    assert len(shoots) == 2
    bring(Shoot.objects.get(pk=shoots[0]["id"]), State.APPROVING)
    assert client.shoots.approve(shoots[0]["id"])["state"] == "delivered"
    assert client.shoots.cancel(shoots[1]["id"])["state"] == "cancelled"
    whole = client.shoots.get(shoots[0]["id"], expand=["employee"])
    assert whole["employee"]["email"].endswith("@acme.example")


def test_an_organisations_own_affairs(acme: World, connect: Connect) -> None:
    client = connect()
    assert client.change_organisation(name="Acme Ltd")["name"] == "Acme Ltd"
    budget = client.budgets.set(department="Law", period="year", credits=3)
    assert list(client.budgets.list()) == [budget]
    client.budgets.remove(budget["id"])
    assert client.warn_below(7)["low_balance"] == 7
    new = client.keys.create(name="Badges", scopes=["headshots:read"])
    until = client.keys.update(new["id"], expires_at=datetime.now(UTC) + timedelta(days=9))
    assert until["expires_at"]
    assert client.keys.update(new["id"], expires_at=None)["expires_at"] is None
    assert connect(key=new["secret"]).headshots.path == "/headshots"
    assert client.keys.revoke(new["id"])["state"] == "revoked"
    invited = client.member_invitations.create(email="new@acme.example", role="viewer")
    client.member_invitations.revoke(invited["id"])
    order = acme.order()
    link = client.orders.add_join_link(str(order.pk), cap=3)
    assert list(client.orders.join_links(str(order.pk))) == [link]
    assert client.join_links.close(link["id"])["revoked_at"]
    own = client.join_links.add(cap=9, domains=["acme.example"])
    assert list(client.join_links.list()) == [own]
    assert client.join_links.get(own["id"])["order"] is None
    assert client.orders.change(str(order.pk), remind_every=0)["remind_every"] == 0
    page = client.orders.publish_team_page(str(order.pk))
    assert client.orders.team_page(str(order.pk)) == page
    client.orders.take_team_page_off(str(order.pk))
    shoot = client.shoots.begin(employee=str(acme.hire()[0].pk), look=str(acme.look.pk))
    text = client.shoots.release_text(shoot["id"])["text"]
    client.shoots.hand_over_release(
        shoot["id"], text=text, signed_name="Ada", signed_at=datetime.now(UTC), evidence="There"
    )
    address = client.shoots.upload_address(shoot["id"])
    photo = client.shoots.put_photo(address, jpeg())
    assert client.shoots.selfie(photo["id"])["name"] == photo["name"]
    client.shoots.remove_selfie(photo["id"])
    assert list(client.shoots.selfies(shoot["id"])) == []
    acts = [entry["action"] for entry in client.audit_entries.list(actor_kind="key", limit=5)]
    assert len(acts) > 5
    assert "budget.set" in acts


def test_from_a_plate_to_a_wall(acme: World, connect: Connect) -> None:
    broken = Breaking(losing=1)
    # The answer to the first upload is lost: it is sent again, and done once.
    plate = connect(http=httpx.Client(transport=broken)).plates.upload(
        name="Lobby", picture=jpeg(3), fall_off=5
    )
    assert (len(broken.sent), plate["version"], plate["fall_off"]) == (2, 1, 5)
    client = connect()
    assert list(client.plates.list()) == [plate]
    assert client.plates.picture(plate["id"]).startswith(b"\xff\xd8")
    look = str(acme.look.pk)
    finish = client.looks.change_finish(look, {"plate": plate["id"], "closer": 10})
    assert (finish["plate"], finish["closer"]) == (plate["id"], 10)
    assert client.looks.finish(look) == finish
    stream = io.BytesIO()
    Image.new("RGBA", (40, 20), (200, 30, 30, 255)).save(stream, "PNG")
    assert client.looks.put_logo(look, stream.getvalue())["logo"]
    assert client.put_logo(stream.getvalue())["logo"]
    assert not client.looks.take_logo_off(look)["logo"]
    given = give_initials(acme.shoot())
    order = str(given.shoot.order_id)
    (one,) = client.orders.alternatives(order)
    assert client.orders.alternative_picture(one).startswith(b"\xff\xd8")
    with default_cluster():
        wall = client.orders.draw_wall(order, kind="pdf")
        end = time.monotonic() + 60
        while not wall["ready"] and time.monotonic() < end:
            time.sleep(0.1)
            wall = client.orders.wall(order, kind="pdf")
    assert client.orders.wall_file(wall).startswith(b"%PDF")
    assert client.set_clocks(time_zone="Europe/Berlin") == client.clocks()


def test_a_change_upon_what_was_read_alone(acme: World, connect: Connect) -> None:
    from headshots_client import Conflict, etag_of

    client = connect()
    shoot = acme.shoot(State.CHOOSING)
    picture = str(shoot.candidates.first().pk)
    seen = client.shoots.get(str(shoot.pk), expand=["employee"])
    picked = client.shoots.pick(str(shoot.pk), candidate=picture, if_match=etag_of(seen))
    with pytest.raises(Conflict):
        client.shoots.pick(str(shoot.pk), candidate=picture, if_match=etag_of(seen))
    # What an act answers names the state after it.
    done = client.shoots.approve(str(shoot.pk), if_match=etag_of(picked))
    assert done["state"] == "delivered"
    assert client.change_organisation(name="New", if_match=etag_of(client.organisation()))
    (row,) = client.shoots.list()
    with pytest.raises(ValueError, match="Read it by its id"):
        etag_of(row)


def test_a_shoot_with_a_link_for_ones_own_product(acme: World, connect: Connect) -> None:
    from headshots_client import etag_of

    client = connect()
    client.set_embed_origins(["https://people.example.com"])
    (person,) = acme.hire()
    made = client.shoots.begin(
        employee=str(person.pk),
        look=str(acme.look.pk),
        return_url="https://people.example.com/done",
    )
    assert made["embed_link"] is not None
    page = httpx.get(made["embed_link"]["url"], follow_redirects=True)
    assert page.status_code == 200
    assert "frame-ancestors https://people.example.com" in page.headers["Content-Security-Policy"]
    ended = client.shoots.cancel(made["id"], if_match=etag_of(made))
    assert ended["state"] == "cancelled"
    plain = client.shoots.begin(employee=str(person.pk), look=str(acme.look.pk))
    assert plain["embed_link"] is None


def test_a_release_in_the_language_that_it_was_read_in(acme: World, connect: Connect) -> None:
    client = connect()
    shoot = str(acme.shoot().pk)
    text = client.shoots.release_text(shoot, language="fr")["text"]
    signed = {"signed_name": "Ada", "signed_at": datetime.now(UTC), "evidence": "There"}
    made = client.shoots.hand_over_release(shoot, text=text, language="fr", **signed)
    assert made["text"] == text


def test_a_release_of_another_law_than_the_rosters(acme: World, connect: Connect) -> None:
    from headshots_client import Invalid

    client = connect()
    shoot = str(acme.shoot().pk)
    usual = client.shoots.release_text(shoot)
    other = "us" if usual["jurisdiction"] != "us" else "eu"
    text = client.shoots.release_text(shoot, jurisdiction=other)
    assert (text["jurisdiction"], text["text"] != usual["text"]) == (other, True)
    signed = {"signed_name": "Ada", "signed_at": datetime.now(UTC), "evidence": "There"}
    said = {"text": text["text"], **signed}
    with pytest.raises(Invalid, match="not the text"):
        client.shoots.hand_over_release(shoot, **said)
    made = client.shoots.hand_over_release(shoot, jurisdiction=other, **said)
    assert made["text"] == text["text"]
    assert Release.objects.get().jurisdiction == other


def test_withdrawing_and_wishing_in_ones_own_product(acme: World, connect: Connect) -> None:
    from headshots_client import Invalid, etag_of

    client = connect()
    shoot = str(acme.shoot(State.CHOOSING).pk)
    wishes = client.shoots.wishes(shoot)
    noted = client.shoots.set_wishes(shoot, keep=["glasses"], if_match=etag_of(wishes))
    assert noted["keep"] == ["glasses"]
    assert client.shoots.ask_again(shoot, because=["hair"])["state"] == "queued"
    with pytest.raises(Invalid, match="irrevocable"):
        client.shoots.withdraw(shoot, irrevocable=False, evidence="There")
    done = client.shoots.withdraw(shoot, irrevocable=True, evidence="There")
    assert done["certificate"] in done["document"]
    assert client.shoots.get(shoot)["state"] == "withdrawn"


def test_a_review_is_acted_upon_as_it_was_read(acme: World, connect: Connect) -> None:
    from headshots_client import Conflict, etag_of

    client = connect()
    shoots = [bring(shoot, State.APPROVING) for shoot in acme.order(2).shoots.all()]
    order = str(shoots[0].order_id)
    review = client.orders.review(order)
    assert {row["shoot"] for row in review} == {str(shoot.pk) for shoot in shoots}
    client.shoots.approve(str(shoots[0].pk))
    with pytest.raises(Conflict):
        client.orders.approve_inside(order, if_match=etag_of(review))
    fresh = client.orders.review(order)
    done = client.orders.approve_inside(order, if_match=etag_of(fresh))
    assert done["approved"] + done["left_count"] == 1


def test_an_answer_that_is_lost_does_not_order_twice(acme: World, connect: Connect) -> None:
    network, waits = Breaking(losing=2), list[float]()
    client = connect(http=httpx.Client(transport=network), sleep=waits.append)
    (person,) = acme.hire()
    order = client.orders.place(look=str(acme.look.pk), employees=[str(person.pk)])
    assert len(network.sent) == 3
    assert len({sent.headers["Idempotency-Key"] for sent in network.sent}) == 1
    assert [str(each.pk) for each in Order.objects.all()] == [order["id"]]
    assert [0.25 <= waits[0] <= 0.5, 0.5 <= waits[1] <= 1.0, len(waits)] == [True, True, 2]
    again = client.orders.place(
        look=str(acme.look.pk), employees=[str(person.pk)], idempotency_key="run-7"
    )
    same = client.orders.place(
        look=str(acme.look.pk), employees=[str(person.pk)], idempotency_key="run-7"
    )
    assert again["id"] == same["id"] != order["id"]


def test_what_is_deleted_and_not_heard_of_is_deleted(acme: World, connect: Connect) -> None:
    from headshots_client import NotFound

    made = connect().webhook_endpoints.create(url="https://192.0.1.1/hooks")
    grant, invited = acme.partner_grant(), acme.invite_member()

    def losing(**more: Any) -> Any:
        network = Breaking(losing=1)
        return connect(http=httpx.Client(transport=network), sleep=lambda pause: None, **more)

    losing().webhook_endpoints.delete(made["id"])
    assert not WebhookEndpoint.objects.exists()
    assert losing().partner_grants.withdraw(str(grant.pk))["withdrawn_at"]
    losing().member_invitations.revoke(str(invited.pk))
    invited.refresh_from_db()
    assert invited.revoked_at
    with pytest.raises(NotFound):
        connect().webhook_endpoints.delete(made["id"])


def test_a_change_of_a_named_state_is_not_tried_again_once_it_may_be_made(
    acme: World, connect: Connect
) -> None:
    from headshots_client import Unreachable, etag_of

    (person,) = acme.hire()
    read = connect().employees.get(str(person.pk))
    network = Breaking(losing=1)
    client = connect(http=httpx.Client(transport=network), sleep=lambda pause: None)
    with pytest.raises(Unreachable, match="may have been made"):
        client.employees.update(str(person.pk), {"title": "Engineer"}, if_match=etag_of(read))
    assert len(network.sent) == 1
    assert client.employees.get(str(person.pk))["title"] == "Engineer"


def test_who_cannot_be_reached_is_said(acme: World, connect: Connect) -> None:
    from headshots_client import Headshots, Unreachable

    network, waits = Breaking(losing=99), list[float]()
    with pytest.raises(Unreachable, match="No answer"):
        connect(http=httpx.Client(transport=network), retries=3, sleep=waits.append).organisation()
    assert (len(network.sent), len(waits)) == (4, 3)
    with pytest.raises(Unreachable):
        Headshots(
            "hs_live_x", base_url="http://127.0.0.1:1", retries=1, sleep=waits.append
        ).organisation()


def test_refusals_are_exceptions_with_a_sentence(acme: World, connect: Connect) -> None:
    from headshots_client import Conflict, Invalid, NotAllowed, NotFound

    client = connect()
    with pytest.raises(NotAllowed) as refused:
        connect(key="hs_live_0000000000000000_x").organisation()
    assert (refused.value.status, refused.value.code) == (401, "key_unknown")
    with pytest.raises(NotFound):
        client.orders.get("019ab1c2-0000-7000-8000-000000000001")
    with pytest.raises(Invalid) as wrong:
        client.employees.create({"email": "no address"})
    assert wrong.value.field == "email"
    assert wrong.value.errors[0]["field"] == "email"
    assert wrong.value.request_id
    (person,) = acme.hire()
    with pytest.raises(Conflict):
        client.employees.update(str(person.pk), {"title": "x"}, if_match='"old"')
    assert Employee.objects.get(pk=person.pk).title == ""


def test_too_many_requests_are_waited_for(acme: World, connect: Connect, settings: Any) -> None:
    from headshots_client import Throttled

    settings.API_REQUESTS_A_MINUTE = 1
    waits: list[float] = []
    client = connect(retries=2, sleep=waits.append)
    client.organisation()
    with pytest.raises(Throttled):
        client.organisation()
    assert len(waits) == 2
    assert all(30 < pause <= 60 for pause in waits)


def test_webhooks_from_endpoint_to_verified_event(
    acme: World, connect: Connect, settings: Any
) -> None:
    from headshots_client import NotOurs, verify_webhook

    settings.ALLOW_LOOPBACK = True
    client = connect()
    with receiving() as receiver:
        endpoint = client.webhook_endpoints.create(url=receiver.url, types=["order.placed"])
        new = client.webhook_endpoints.rotate(endpoint["id"])
        order = acme.order()
        client.webhook_endpoints.test(endpoint["id"])
        sending.send_due()
    first, second = sorted(receiver.got, key=lambda got: got.type)
    for secret in (endpoint["secret"], new):
        event = verify_webhook(secret, first.headers, first.body)
        assert event["data"]["id"] == str(order.pk)
    assert client.read(event["data"]["url"])["id"] == str(order.pk)
    assert second.type == "webhook.test"
    hours = {"now": time.time() + 3600}
    for secret, headers, body, more in (
        ("whsec_" + "A" * 43 + "=", first.headers, first.body, {}),
        (new, first.headers, first.body + b" ", {}),
        (new, {**first.headers, "webhook-id": "other"}, first.body, {}),
        (new, {}, first.body, {}),
        (new, first.headers, first.body, hours),
    ):
        with pytest.raises(NotOurs):
            verify_webhook(secret, headers, body, **more)
    sent = list(client.webhook_endpoints.deliveries(endpoint["id"]))
    assert {each["state"] for each in sent} == {"delivered"}
    client.webhook_endpoints.update(endpoint["id"], enabled=False)
    assert not client.webhook_endpoints.get(endpoint["id"])["enabled"]
    client.webhook_endpoints.delete(endpoint["id"])
    assert list(client.webhook_endpoints.list()) == []


def test_our_verifier_agrees_with_the_reference() -> None:
    from datetime import UTC, datetime

    from headshots_client import verify_webhook
    from standardwebhooks import Webhook

    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"type":"ü"}'
    at = datetime.now(tz=UTC)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": "v1a,xx v1,AAAA " + Webhook(secret).sign("msg_1", at, body),
    }
    assert verify_webhook(secret, headers, body) == {"type": "ü"}

"""What a program reads and sets of the organisation itself."""

from __future__ import annotations

import io
import json

from PIL import Image

from accounts.models import Employee, Organisation
from tests.api.program import Program, problem
from tests.world import World


def test_a_logo_stands_above_mail(program: Program, world: World) -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (40, 20), (200, 30, 30, 255)).save(stream, "PNG")
    said = program.send(
        "PUT", "organisation/logo", raw=stream.getvalue(), **{"Content-Type": "image/png"}
    )
    assert said.json()["logo"] is True
    assert Organisation.objects.get(pk=world.organisation.pk).logo
    wrong = program.send(
        "PUT", "organisation/logo", raw=b"no picture", **{"Content-Type": "image/png"}
    )
    problem(wrong, 422, "logo")
    problem(program.send("PUT", "organisation/logo"), 422, "invalid")
    assert program.get("organisation").json()["logo"] is True
    assert program.delete("organisation/logo").json()["logo"] is False
    assert not Organisation.objects.get(pk=world.organisation.pk).logo


def test_clocks_are_set(program: Program, world: World) -> None:
    (person,) = world.hire()
    Employee.objects.filter(pk=person.pk).update(location="Austin")
    first = program.get("organisation/clocks")
    assert first.json() == {
        "time_zone": "UTC",
        "quiet_from": 19,
        "quiet_until": 8,
        "locations": {},
    }
    body = {"time_zone": "Europe/Berlin", "locations": {"Austin": "America/Chicago"}}
    set_ = program.patch("organisation/clocks", body, If_Match=first["ETag"])
    assert set_.json() == {**first.json(), **body}
    assert program.get("organisation/clocks").json() == set_.json()
    gone = program.patch("organisation/clocks", {"quiet_from": 20, "locations": {"Austin": None}})
    assert (gone.json()["quiet_from"], gone.json()["locations"]) == (20, {})
    assert gone.json()["time_zone"] == "Europe/Berlin"
    same = program.patch("organisation/clocks", {"quiet_from": 8})
    problem(same, 422, "hours")
    assert program.get("organisation/clocks").json() == gone.json()


def test_the_sandbox_is_called_as_events_and_headers_call_it(world: World) -> None:
    tester = Program.of(world.organisation, test=True)
    told = tester.get("organisation").json()
    assert (told["id"], told["test"]) == (str(world.organisation.pk), True)
    named = Program(tester.secret, **{"Headshots-Organisation": told["id"]})
    assert named.get("organisation").json() == told
    url = "https://hr.example.com/hooks"
    endpoint = tester.post("webhook-endpoints", {"url": url}).json()["id"]
    sent = tester.post(f"webhook-endpoints/{endpoint}/test").json()["id"]
    event = json.loads(tester.get(f"webhook-deliveries/{sent}").json()["payload"])
    assert (event["organisation"], event["test"]) == (told["id"], True)

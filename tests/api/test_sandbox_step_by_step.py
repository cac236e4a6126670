"""A product with pages of its own tries the whole way in the sandbox, and does each step itself."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from generation.photos.counts import LEAST
from tests.api.program import Program
from tests.api.test_sandbox import place, run_queue, state_of
from tests.world import World, jpeg


def test_nothing_is_done_in_the_place_of_who_waits_everywhere(world: World) -> None:
    tester, email = Program.of(world.organisation, test=True), "wait+everywhere.1@acme.example"
    place(tester, email)

    def stays_at(state: str) -> str:
        run_queue()
        shoot = state_of(tester, email)
        assert shoot["state"] == state
        return f"shoots/{shoot['id']}"

    path = stays_at("invited")
    text = tester.get(f"{path}/release-text").json()["text"]
    signed = {"text": text, "signed_name": "Ada Moreau", "evidence": "Signed in our app"}
    signed["signed_at"] = timezone.now().isoformat()
    assert tester.post(f"{path}/release", signed).status_code == 201
    stays_at("collecting")
    assert tester.get(f"{path}/selfies").json()["data"] == []
    for number in range(LEAST):
        photo = SimpleUploadedFile(f"{number}.jpg", jpeg(number))
        body, kind = encode_multipart(BOUNDARY, {"photo": photo}), MULTIPART_CONTENT
        tester.send("POST", f"{path}/selfies", raw=body, **{"Content-Type": kind})
    stays_at("collecting")
    assert tester.post(f"{path}/hand-in").json()["state"] == "queued"
    stays_at("choosing")
    (*_, last) = tester.get(f"{path}/candidates").json()["data"]
    tester.post(f"{path}/pick", {"candidate": last["id"]})
    stays_at("approving")
    assert tester.post(f"{path}/approve").json()["state"] == "delivered"
    stays_at("delivered")

"""The employees' way in a frame of a partner's own page, and photos put from there."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.utils import timezone
from playwright.sync_api import Browser, expect

from accounts.membership.organisations import allow_framing
from accounts.models import Invitation
from generation.models import State
from tests.api.program import Program
from tests.browser.conftest import DESK
from tests.world import jpeg, make_world

PUT = """async ([url, photo]) => {
  const bytes = Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0));
  try {
    const answer = await fetch(url, {method: 'PUT', body: new Blob([bytes], {type: 'image/jpeg'})});
    return [answer.status, (await answer.json()).verdict];
  } catch (error) {
    return [0, error.name];
  }
}"""


@contextmanager
def partner() -> Iterator[str]:
    """A product of somebody else's, on an origin of its own; `/?ADDRESS` shows it in a frame."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = self.path.partition("?")[2]
            frame = f'<iframe title="Photos" width="800" height="700" src="{address}"></iframe>'
            body = f"<!doctype html><title>People</title>{frame if address else ''}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_way_and_what_stands_in_it_show_on_an_allowed_page_alone(
    browser: Browser, site: str
) -> None:
    world = make_world()
    shoot = world.shoot(State.COLLECTING)
    with partner() as ours, partner() as others:
        allow_framing(actor=world.actor, organisation=world.organisation, origins=[ours])
        program = Program.of(world.organisation)
        made = program.post(f"shoots/{shoot.pk}/embed-links", {"return_url": f"{ours}/"}).json()
        page = browser.new_context(viewport=DESK).new_page()  # type: ignore[arg-type]
        frame = page.frame_locator("iframe")
        page.goto(f"{ours}/?{made['url']}")
        expect(frame.get_by_role("heading", name="Add your selfies")).to_be_visible()
        expect(frame.get_by_role("link", name="Back to where you came from")).to_be_visible()
        # Another's page shows a frame with nothing of it.
        page.goto(f"{others}/?{made['url']}")
        expect(frame.get_by_role("heading")).to_have_count(0)
        assert page.frames[1].url.startswith("chrome-error:")
        # A link that has run out says so there, and helps, without a cookie.
        past = timezone.now()
        Invitation.objects.filter(pk=shoot.invitation_id).update(expires_at=past)
        page.goto(f"{ours}/?{made['url']}")
        expect(frame.get_by_role("heading", name="This link does not work")).to_be_visible()
        frame.get_by_role("button", name="Send me a new link").click()
        expect(frame.get_by_role("heading", name="Look into your mail")).to_be_visible()
        page.goto(f"{ours}/?{made['url']}x")
        expect(frame.get_by_role("heading")).to_have_count(0)
        page.context.close()


def test_a_photo_goes_from_an_allowed_page_to_its_address(browser: Browser, site: str) -> None:
    world = make_world()
    shoot = world.shoot(State.COLLECTING)
    with partner() as ours, partner() as others:
        allow_framing(actor=world.actor, organisation=world.organisation, origins=[ours])
        program = Program.of(world.organisation)
        url = program.post(f"shoots/{shoot.pk}/upload-addresses").json()["url"]
        photo = base64.b64encode(jpeg(3)).decode()
        page = browser.new_context().new_page()
        page.goto(f"{others}/")
        assert page.evaluate(PUT, [url, photo]) == [0, "TypeError"]
        before = shoot.selfies.count()
        page.goto(f"{ours}/")
        assert page.evaluate(PUT, [url, photo]) == [201, "checking"]
        assert shoot.selfies.count() == before + 1
        page.context.close()

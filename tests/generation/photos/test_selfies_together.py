"""Photos of two people, and one picture over and over: noticed before anything is spent."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.actors import SYSTEM, employee_actor
from accounts.models import Event
from billing import ledger
from generation.embedded_model.demo_people import choose_people, selfie
from generation.engine import photos
from generation.inviting import signing
from generation.models import Selfie, Shoot, State
from generation.ordering import another_look, looks
from generation.photos import handing_in, selfies, together
from headshots.lib.problems import Problem
from tests.races.together import together as at_once
from tests.world import (
    DIRECTION,
    World,
    descriptor,
    give_selfies,
    jpeg,
    make_world,
    token,
    with_adapter,
)

ACCEPTED, REJECTED = Selfie.Verdict.ACCEPTED, Selfie.Verdict.REJECTED
# Files of people by the width of their pictures: a hundred for each person.
ME, OTHER, THIRD = 1, 2, 3


@pytest.fixture
def by_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom a picture shows is told by its width."""

    def judge(image: Image.Image, rules: object = None) -> photos.PhotoVerdict:
        who, number = divmod(image.width, 100)
        return photos.PhotoVerdict(
            True,
            "ok",
            photos.SENTENCES["ok"],
            score=0.9,
            descriptor=tuple(descriptor(who, number)),
            fingerprint=photos.fingerprint(image),
        )

    monkeypatch.setattr(photos, "judge_photo", judge)


@pytest.fixture
def shoot(world: World) -> Shoot:
    world.endpoint()
    return world.shoot(State.COLLECTING)


def upload(shoot: Shoot, data: bytes, name: str) -> Selfie:
    return selfies.add_selfie(
        actor=employee_actor(shoot.employee), shoot=shoot, data=data, name=name, judge=False
    )


def send(shoot: Shoot, who: int, *numbers: int) -> None:
    for number in numbers:
        width = 100 * who + number
        made = upload(shoot, jpeg(width, (width, 200)), f"{who}-{number}.jpg")
        selfies.judge_selfie(selfie_id=made.pk)


def verdicts(shoot: Shoot) -> dict[int, list[str]]:
    """By person, in the order of arrival: `+` accepted, `-` somebody else, `?` asked about."""
    found: dict[int, list[str]] = {}
    for one in Selfie.objects.filter(shoot=shoot).order_by("created_at"):
        sign = "+" if one.verdict == ACCEPTED else "-"
        sign += "?" if one.sentence == together.TWO_PEOPLE else ""
        found.setdefault(int(one.name[0]), []).append(sign)
    return found


def why_not(shoot: Shoot) -> str:
    with pytest.raises(Problem) as refused:
        handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    return refused.value.code


def rendered(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def test_a_stranger_first_gives_way_to_whoever_comes_after(shoot: Shoot) -> None:
    me, stranger = choose_people(2, 0)
    pictures = [selfie(stranger, 0), *(selfie(me, n) for n in range(6))]
    for number, picture in enumerate(pictures):
        made = upload(shoot, rendered(picture), f"{number}.jpg")
        selfies.judge_selfie(selfie_id=made.pk)
    first, *rest = Selfie.objects.filter(shoot=shoot).order_by("created_at")
    assert (first.verdict, first.sentence) == (REJECTED, together.SOMEBODY_ELSE)
    assert [one.verdict for one in rest] == [ACCEPTED] * 6
    assert {one.sentence for one in rest} == {photos.SENTENCES["ok"]}
    handed_in = handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    assert handed_in.state == State.QUEUED


@pytest.mark.usefixtures("by_width")
def test_of_one_each_both_are_asked_about_and_the_next_decides(
    shoot: Shoot, client: Client
) -> None:
    send(shoot, OTHER, 0)
    assert verdicts(shoot) == {OTHER: ["+"]}
    send(shoot, ME, 0)
    assert verdicts(shoot) == {OTHER: ["+?"], ME: ["-?"]}
    page = client.get(f"/i/{token(shoot)}/live").content.decode()
    assert page.count(together.TWO_PEOPLE) == 2
    Event.objects.all().delete()
    send(shoot, ME, 1)
    assert verdicts(shoot) == {OTHER: ["-"], ME: ["+", "+"]}
    # Everybody whose verdict or sentence is another one now is told of, each once.
    told = Event.objects.filter(type="selfie.judged").values_list("object_id", flat=True)
    assert sorted(told) == sorted(str(one.pk) for one in shoot.selfies.all())
    page = client.get(f"/i/{token(shoot)}/live").content.decode()
    assert together.TWO_PEOPLE not in page
    assert page.count(together.SOMEBODY_ELSE) == 1
    assert "2 of 6 accepted" in page


@pytest.mark.usefixtures("by_width")
def test_half_and_half_are_not_handed_in_and_go_on_with_one_more(
    shoot: Shoot, client: Client
) -> None:
    for number in range(3):
        send(shoot, OTHER, number)
        send(shoot, ME, number)
    assert verdicts(shoot) == {OTHER: ["+?"] * 3, ME: ["-?"] * 3}
    assert why_not(shoot) == "too_few"
    for number in range(3, 6):
        send(shoot, OTHER, number)
        send(shoot, ME, number)
    assert why_not(shoot) == "two_people"
    page = client.get(f"/i/{token(shoot)}/").content.decode()
    assert 'id="wrong"' in page
    assert "Hand in 6 photos" not in page
    send(shoot, ME, 6)
    assert verdicts(shoot) == {OTHER: ["-"] * 6, ME: ["+"] * 7}
    assert 'id="wrong"' not in client.get(f"/i/{token(shoot)}/").content.decode()
    handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)


@pytest.mark.usefixtures("by_width")
def test_who_removes_the_stranger_need_not_send_the_others_again(shoot: Shoot) -> None:
    send(shoot, OTHER, 0, 1)
    send(shoot, ME, 0, 1)
    send(shoot, THIRD, 0)
    assert verdicts(shoot) == {OTHER: ["+?"] * 2, ME: ["-?"] * 2, THIRD: ["-"]}
    stranger = Selfie.objects.get(name=f"{OTHER}-0.jpg")
    selfies.remove_selfie(actor=employee_actor(shoot.employee), selfie=stranger)
    assert verdicts(shoot) == {OTHER: ["-"], ME: ["+", "+"], THIRD: ["-"]}


@pytest.mark.usefixtures("by_width")
def test_what_was_refused_for_something_else_takes_no_part(shoot: Shoot) -> None:
    send(shoot, ME, 0)
    send(shoot, OTHER, 0)
    Selfie.objects.filter(name=f"{OTHER}-0.jpg").update(descriptor=None, sentence="Too dark.")
    send(shoot, OTHER, 1)
    assert verdicts(shoot) == {ME: ["+?"], OTHER: ["-", "-?"]}


@pytest.mark.usefixtures("by_width")
def test_a_stranger_in_sunglasses_hears_of_those_and_hair_that_is_cut_is_no_reason(
    shoot: Shoot,
) -> None:
    send(shoot, ME, 0, 1)
    send(shoot, OTHER, 0, 1)
    for number, code in enumerate(("sunglasses", "hair_cut")):
        photo = Selfie.objects.filter(name=f"{OTHER}-{number}.jpg")
        photo.update(warnings=[photos.WARNINGS[code]])
    send(shoot, ME, 2)
    said = Selfie.objects.filter(verdict=REJECTED).order_by("name")
    assert [one.sentence for one in said] == [
        photos.WARNINGS["sunglasses"],
        together.SOMEBODY_ELSE,
    ]


@pytest.fixture
def committed(transactional_db: None, by_width: None) -> Iterator[Shoot]:
    return make_world().shoot(State.COLLECTING)


def test_photos_judged_at_once_are_judged_together(committed: Shoot) -> None:
    widths = [100 * OTHER, *(100 * ME + number for number in range(6))]
    made = [upload(committed, jpeg(w, (w, 200)), f"{w // 100}-{w % 100}.jpg") for w in widths]
    judged = at_once([lambda pk=one.pk: selfies.judge_selfie(selfie_id=pk) for one in made])
    assert not [one for one in judged if isinstance(one, Exception)]
    assert verdicts(committed) == {OTHER: ["-"], ME: ["+"] * 6}


def test_of_the_same_picture_twice_at_once_one_is_taken(
    committed: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "fingerprint", lambda image: "77" * 256)
    made = [upload(committed, jpeg(w, (w, 200)), f"1-{w}.jpg") for w in (101, 102)]
    at_once([lambda pk=one.pk: selfies.judge_selfie(selfie_id=pk) for one in made])
    found = Selfie.objects.order_by("verdict").values_list("verdict", "sentence")
    assert [tuple(one) for one in found] == [
        (ACCEPTED, photos.SENTENCES["ok"]),
        (REJECTED, photos.SENTENCES["duplicate"]),
    ]


def test_one_picture_cut_otherwise_each_time_is_not_handed_in(
    shoot: Shoot, world: World, client: Client
) -> None:
    picture = selfie(choose_people(1, 0)[0], 0)
    width, height = picture.size
    for number in range(selfies.LEAST):
        by = 9 * number
        cut = picture.crop((by, 2 * by // 3, width - by // 2, height - by // 4))
        cut = cut.resize((width, height), Image.Resampling.LANCZOS)
        made = upload(shoot, rendered(cut), f"{number}.jpg")
        selfies.judge_selfie(selfie_id=made.pk)
    assert shoot.selfies.filter(verdict=ACCEPTED).count() == selfies.LEAST
    held = ledger.balance(organisation=world.organisation).held
    assert why_not(shoot) == "same_picture"
    shoot.refresh_from_db()
    assert shoot.state == State.COLLECTING
    assert ledger.balance(organisation=world.organisation).held == held
    page = client.get(f"/i/{token(shoot)}/").content.decode()
    assert page.count(together.SAME_PICTURE) == 2
    assert "Hand in 6 photos" not in page


def nearly_the_same(shoot: Shoot, count: int) -> None:
    rows = shoot.selfies.order_by("created_at")[:count]
    first = rows[0].descriptor
    Selfie.objects.filter(pk__in=[one.pk for one in rows]).update(descriptor=first)


def test_three_different_pictures_are_handed_in(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot)
    nearly_the_same(shoot, 5)
    assert why_not(shoot) == "same_picture"
    shoot.selfies.all().delete()
    give_selfies(shoot)
    nearly_the_same(shoot, 4)
    handed_in = handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    assert handed_in.state == State.QUEUED


def test_the_administrator_reads_it_too(world: World, client: Client) -> None:
    shoot = world.shoot()
    signing.attest_release(actor=world.actor, shoot=shoot, statement="Signed on paper.")
    shoot.refresh_from_db()
    give_selfies(shoot)
    nearly_the_same(shoot, 6)
    client.force_login(world.owner)
    where = reverse("shoot", args=[world.organisation.slug, shoot.pk])
    page = client.get(where).content.decode()
    assert together.SAME_PICTURE in page
    assert "Hand in 6 photos" not in page


def test_another_look_goes_on_from_photos_that_gave_pictures(world: World) -> None:
    shoot = with_adapter(world.shoot(State.CHOOSING))
    Selfie.objects.filter(shoot=shoot).update(descriptor=descriptor(1))
    look = looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Other",
        **{**DIRECTION, "attire": "white shirt"},
    )
    order = another_look.place(actor=world.actor, order=shoot.order, look=look, shoots=[shoot])
    made = order.shoots.get()
    assert another_look.begin(shoot_id=made.pk)
    made.refresh_from_db()
    assert made.state == State.QUEUED

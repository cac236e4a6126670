"""Photos of an employee, uploaded on their behalf once they have consented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.developers import embedding
from generation import access
from generation.api import refusals
from generation.models import Selfie, UploadAddress
from generation.photos import selfies, upload_addresses
from headshots.lib.api.operations import Operation, operation
from headshots.lib.api.parsing import BytesParser
from headshots.lib.api.problems import Refusal
from headshots.lib.api.refusals import DECODER_UNAVAILABLE
from headshots.lib.api.shapes import Given, Shape
from headshots.lib.api.views import ApiView

TAG = "Selfies"
# What surrounds a file in a multipart body.
MARGIN_BYTES = 64 * 1024


class SelfieShape(Shape):
    """A photo and what the judge said of it."""

    id = serializers.UUIDField()
    shoot = serializers.UUIDField(source="shoot_id")
    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Selfie.Verdict.choices)
    sentence = serializers.CharField(help_text="What is wrong with it, for the employee.")
    score = serializers.FloatField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000016",
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "name": "ada.jpg",
        "verdict": "accepted",
        "sentence": "",
        "score": 0.87,
        "width": 3024,
        "height": 4032,
        "created_at": "2026-11-25T09:00:00Z",
    }


class SelfieGiven(Given):
    """A photo."""

    photo = serializers.FileField(
        help_text="JPEG, PNG, WebP or HEIC. Metadata is dropped, pixels alone are kept."
    )


class UploadAddressShape(Shape):
    """Where a photo can be put once, without a key."""

    url = serializers.URLField(help_text="PUT the photo's bytes there.")
    method = serializers.CharField()
    expires_at = serializers.DateTimeField()
    most_bytes = serializers.IntegerField()

    example = {
        "url": "https://headshots.example.com/api/v1/uploads/9Zc…",
        "method": "PUT",
        "expires_at": "2026-11-25T10:00:00Z",
        "most_bytes": 52428800,
    }


class SelfiesView(TenantView):
    """The photos of a shoot."""

    parser_classes = (MultiPartParser,)

    @operation(
        "selfies_list",
        "List a shoot's photos",
        tag=TAG,
        scope="shoots:read",
        shape=SelfieShape,
        many=True,
    )
    def get(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """With the judge's verdicts."""
        shoot = access.shoot(self.inside, shoot_id)
        return self.listed(access.selfies(self.inside, shoot), owner=self.organisation.pk)

    @operation(
        "selfies_create",
        "Upload a photo",
        tag=TAG,
        scope="shoots:write",
        shape=SelfieShape,
        upload=SelfieGiven,
        sent=('-F "photo=@ada.jpg"',),
        status=201,
        limit_bytes=settings.UPLOAD_MAX_BYTES + MARGIN_BYTES,
        calls={"photos": "photo"},
        refuses=(
            refusals.RELEASE_MISSING,
            refusals.HANDED_IN,
            refusals.PHOTO,
            refusals.TOO_MANY_PHOTOS,
            DECODER_UNAVAILABLE,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """As the part `photo` of a multipart body, after the release. The judge looks at it at
        once: ask for it again, or wait for `selfie.judged`. The same file again is the same
        photo."""
        shoot = access.shoot(self.inside, shoot_id)
        file = self.body()["photo"]
        made = selfies.add_selfie(
            actor=self.actor, shoot=shoot, data=file.read(), name=file.name or "photo"
        )
        return self.shown(made, location=reverse("api:selfie", args=[made.pk]))


class SelfieView(TenantView):
    """One photo."""

    @operation("selfies_get", "Read a photo", tag=TAG, scope="shoots:read", shape=SelfieShape)
    def get(self, request: Request, selfie_id: UUID) -> HttpResponseBase:
        """What the judge said; the picture itself is its person's alone."""
        return self.shown(access.selfie(self.inside, selfie_id))

    @operation(
        "selfies_delete",
        "Remove a photo",
        tag=TAG,
        scope="shoots:write",
        match=True,
        status=204,
        refuses=(refusals.HANDED_IN,),
    )
    def delete(self, request: Request, selfie_id: UUID) -> HttpResponseBase:
        """While photos are collected; it is destroyed."""
        selfies.remove_selfie(actor=self.actor, selfie=access.selfie(self.inside, selfie_id))
        return self.done()


class UploadAddressesView(TenantView):
    """Addresses to upload to."""

    @operation(
        "upload_addresses_create",
        "Get a one-time upload address",
        tag=TAG,
        scope="shoots:write",
        shape=UploadAddressShape,
        status=201,
        refuses=(
            refusals.RELEASE_MISSING,
            refusals.HANDED_IN,
            refusals.TOO_MANY_ADDRESSES,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Good for one photo and an hour, so that large files skip your server: hand it to the
        browser, which needs no key. Pages of your `embed_origins` may PUT to it with `fetch`."""
        shoot = access.shoot(self.inside, shoot_id)
        made = upload_addresses.make(actor=self.actor, shoot=shoot)
        place = reverse("api:upload", args=[made.token])
        return self.plain(
            {
                "url": f"{settings.SITE_URL}{place}",
                "method": "PUT",
                "expires_at": made.expires_at,
                "most_bytes": settings.UPLOAD_MAX_BYTES,
            }
        )


class UploadView(ApiView):
    """Where a photo is put, by whoever holds the address; also by a browser, from a page of one of
    the organisation's allowed origins."""

    parser_classes = (BytesParser,)
    # Empty where it is none.
    _address: UploadAddress | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = self._preflight(kwargs["token"])
        else:
            response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["Origin"])
        origin = request.headers.get("Origin", "")
        # SECURITY: no cookie is ever asked for, the secret in the address is what counts.
        if origin and origin in self._origins():
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = "Request-Id"
        return response

    def _preflight(self, token: str) -> HttpResponse:
        """What a browser asks before it puts a photo from another origin."""
        self._address = upload_addresses.known(token=token)
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = "PUT"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = "600"
        return response

    def _origins(self) -> Sequence[str]:
        return embedding.allowed(self._address.shoot.order.organisation) if self._address else ()

    def _respond(self, request: Request) -> HttpResponseBase:
        # Before anything can be refused, as the page that sent it shall read why.
        self._address = upload_addresses.known(token=self.kwargs["token"])
        return super()._respond(request)

    def enter(self, request: Request, operation: Operation) -> None:
        # SECURITY: before the body is read, as anybody at all may send one.
        upload_addresses.living(self._address)

    @operation(
        "uploads_put",
        "Put a photo",
        tag=TAG,
        shape=SelfieShape,
        status=201,
        locates=False,
        also=(404, 410),
        limit_bytes=settings.UPLOAD_MAX_BYTES,
        calls={"photos": "photo"},
        raw="image/*",
        sent=('-H "Content-Type: image/jpeg"', "--data-binary @ada.jpg"),
        refuses=(
            refusals.PHOTO,
            refusals.NO_BYTES,
            refusals.USED,
            refusals.EXPIRED,
            refusals.NO_ADDRESS,
            refusals.HANDED_IN,
            refusals.TOO_MANY_PHOTOS,
            DECODER_UNAVAILABLE,
        ),
    )
    def put(self, request: Request, token: str) -> HttpResponseBase:
        """The bytes of one photo, once. What is refused may be tried again."""
        plain: HttpRequest = request._request
        data = plain.body
        if not data:
            raise Refusal("Send the photo's bytes.", code="invalid", field="photo")
        return self.shown(upload_addresses.put(token=token, data=data))

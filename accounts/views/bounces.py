"""Where a mail provider tells of mail that came back."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.mail import bounces


@csrf_exempt
@require_POST
def bounced(request: HttpRequest) -> JsonResponse:
    """Take {"address": …, "kind": "hard" or "soft", "reason": …}, signed as Standard Webhooks are.

    A soft bounce is taken note of by the sender's own retries and changes nothing here.
    """
    if not settings.BOUNCE_SECRET:
        raise Http404
    try:
        Webhook(settings.BOUNCE_SECRET).verify(request.body, dict(request.headers))
        said = json.loads(request.body)
        address, kind = str(said["address"]), str(said.get("kind", "hard"))
    except WebhookVerificationError:
        return JsonResponse({"error": "The signature is not ours or too old."}, status=401)
    except (ValueError, TypeError, KeyError, AttributeError):
        return JsonResponse(
            {"error": 'Send JSON like {"address": "…", "kind": "hard", "reason": "…"}.'}, status=422
        )
    marked = 0
    if kind == "hard":
        marked = bounces.mark(address=address, reason=str(said.get("reason", "")))
    return JsonResponse({"marked": marked})

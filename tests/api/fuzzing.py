"""Every operation asked everything that its description allows, and much that it does not.

Identifiers that hypothesis makes up are nobody's, so half of them are replaced by real ones.
"""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis.config import SchemathesisConfig

from generation import exports, upload_addresses
from generation.models import State
from tests.api.program import Program, make_key
from tests.world import World

# A refusal of what is well-formed: nobody's id, a state that does not allow it, credits, a twin.
FINE = ["2xx", "304", "400", "401", "402", "403", "404", "409", "410", "412", "415", "422"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": FINE},
            # A row that is wrong is told of in a 200; unknown headers are nobody's business.
            "negative_data_rejection": {
                "expected-statuses": [
                    "400",
                    "401",
                    "403",
                    "404",
                    "405",
                    "406",
                    "409",
                    "410",
                    "412",
                    "413",
                    "415",
                    "422",
                    "428",
                    "5xx",
                ],
            },
        },
    }
)


def pool(world: World) -> dict[str, list[str]]:
    """Real identifiers by the name of the path parameter or field that takes them."""
    ready = world.shoot(State.DELIVERED)
    choosing = world.shoot(State.CHOOSING)
    collecting = world.shoot(State.COLLECTING)
    export = exports.begin(actor=world.actor, organisation=world.organisation, order=ready.order)
    endpoint = world.endpoint()
    shoots = [ready, choosing, collecting, world.shoot(State.APPROVING), world.shoot()]
    orders = [str(shoot.order_id) for shoot in shoots]
    people = [str(person.pk) for person in world.hire(3)]
    return {
        "shoot_id": [str(shoot.pk) for shoot in shoots],
        "order_id": orders,
        "order": orders,
        "employee_id": people,
        "employee": people,
        "employees": people,
        "look_id": [str(world.look.pk)],
        "look": [str(world.look.pk)],
        "candidate_id": [str(c.pk) for c in choosing.candidates.all()],
        "candidate": [str(c.pk) for c in choosing.candidates.all()],
        "selfie_id": [str(s.pk) for s in choosing.selfies.all()],
        "headshot_id": [str(ready.headshot.pk)],
        "release_id": [str(ready.release_id)],
        "export_id": [str(export.pk)],
        "key_id": [str(make_key(world.organisation, ["looks:read"]).key.pk)],
        "member_id": [str(m.pk) for m in world.organisation.members.all()],
        "invitation_id": [str(world.invite_member().pk)],
        "entry_id": [str(world.organisation.audit_entries.first().pk)],
        "endpoint_id": [str(endpoint.pk)],
        "token": [upload_addresses.make(actor=world.actor, shoot=collecting).token],
    }


def real(value: Any, name: str, known: dict[str, list[str]], chance: random.Random) -> Any:
    """The value, or a real one in its place where it is an identifier."""
    if name not in known or chance.random() < 0.5:
        return value
    if isinstance(value, list):
        return [real(one, name, known, chance) for one in value]
    try:
        UUID(str(value))
    except ValueError:
        return value
    return chance.choice(known[name])


def ask(case: schemathesis.Case, program: Program, known: dict[str, list[str]]) -> None:
    """Send a case with the program's key and check the answer against the description."""
    chance = random.Random(0)
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            for name in list(part):
                part[name] = real(part[name], name, known, chance)
    case.call_and_validate(
        headers={"Authorization": f"Bearer {program.secret}", **_ours(case.headers)}
    )


def _ours(headers: Any) -> dict[str, str]:
    return {k: v for k, v in dict(headers or {}).items() if k.lower() != "authorization"}

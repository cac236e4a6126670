"""Every operation asked everything that its description allows, and much that it does not.

Identifiers that hypothesis makes up are nobody's, so in most cases they are replaced by real ones,
which ones by the case. What leads from one answer to the next request, `links` of the description
say; a machine follows them.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import schemathesis
from django.db import transaction
from django.utils import timezone
from hypothesis import reject
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.meta import CoverageScenario
from schemathesis.generation.stateful.state_machine import APIStateMachine, StepInput, StepOutput

from accounts.api.base import ACTS_FOR
from billing.models import Purchase
from generation.delivering import download_links, exports
from generation.models import PublishingRun, State
from generation.photos import upload_addresses
from headshots.api import document
from headshots.lib.api.methods import METHODS
from headshots.lib.api.problems import MEDIA_TYPE
from tests.api.program import Program, claim_domain, make_key, name_provider
from tests.world import World, give_initials, make_finishing

# A refusal of what is well-formed: nobody's id, a state that does not allow it, credits, a twin,
# too often.
FINE = ["2xx", "304", "400", "401", "402", "403", "404", "409", "410", "412", "415", "422", "429"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": FINE},
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
                    "429",
                    "5xx",
                ],
            },
        },
        # An upsert tells of a row that is wrong beside those that are right. What is deleted at the
        # others is told of afterwards, too: who has left, a key that is revoked.
        "operations": [
            {
                "include-name": "POST /api/v1/employees/upsert",
                "checks": {"negative_data_rejection": {"enabled": False}},
            },
            *(
                {
                    "include-name": f"{method} /api/v1/{path}",
                    "checks": {"use_after_free": {"enabled": False}},
                }
                for path in (
                    "employees/{employee_id}",
                    "keys/{key_id}",
                    "partner-grants/{grant_id}",
                    "member-invitations/{invitation_id}",
                    "invoices/{invoice_id}",
                    "join-links/{join_link_id}",
                    "download-links/{download_link_id}",
                )
                for method in ("GET", "PATCH", "DELETE")
            ),
        ],
    }
)


# As many as there are of anything in the pool.
_MOST_OF_ONE = 5
# Identifiers and secrets, which are never the same twice.
_MADE = re.compile(r"[A-Za-z0-9_-]{20,}")


def pool(world: World) -> dict[str, list[str]]:
    """Real identifiers by the name of the path parameter or field that takes them."""
    ready = world.shoot(State.DELIVERED)
    choosing = world.shoot(State.CHOOSING)
    collecting = world.shoot(State.COLLECTING)
    export = exports.begin(actor=world.actor, organisation=world.organisation, order=ready.order)
    endpoint, directory = world.endpoint(), world.directory()
    name_provider(world)
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
        "plate_id": [str(world.plate().pk)],
        "plate": [str(world.plate().pk)],
        "alternative_id": [str(give_initials(world.shoot()).pk)],
        "candidate_id": [str(c.pk) for c in choosing.candidates.all()],
        "candidate": [str(c.pk) for c in choosing.candidates.all()],
        "selfie_id": [str(s.pk) for s in choosing.selfies.all()],
        "headshot_id": [str(ready.headshot.pk)],
        "release_id": [str(ready.release_id)],
        "export_id": [str(export.pk)],
        "budget_id": [str(world.budget().pk)],
        "join_link_id": [str(world.join_link().pk)],
        "download_link_id": [
            str(download_links.make(actor=world.actor, order=ready.order, days=7).pk)
        ],
        "directory": [str(directory.pk)],
        "directory_id": [str(directory.pk)],
        "domain_id": [str(claim_domain(world).pk)],
        "invoice_id": [
            str(world.purchase().pk),
            *(
                str(
                    Purchase.objects.create(
                        organisation=world.organisation, kind=kind, credits=50, cents=100
                    ).pk
                )
                for kind in ("pack", "invoice", "plan")
            ),
        ],
        "publishing_run_id": [
            str(
                PublishingRun.objects.create(
                    order=ready.order, directory=directory, aim="publish", state="done"
                ).pk
            )
        ],
        "refinish_id": [str(make_finishing(world)["refinish"].pk)],
        "shoots": [str(shoot.pk) for shoot in shoots],
        "candidates": [str(c.pk) for c in choosing.candidates.all()],
        "key_id": [str(make_key(world.organisation, ["looks:read"]).key.pk)],
        "member_id": [str(m.pk) for m in world.organisation.members.all()],
        "invitation_id": [str(world.invite_member().pk)],
        "entry_id": [str(world.organisation.audit_entries.first().pk)],
        "endpoint_id": [str(endpoint.pk)],
        "token": [upload_addresses.make(actor=world.actor, shoot=collecting).token],
    }


def real(value: Any, name: str, known: dict[str, list[str]], chance: random.Random) -> Any:
    """A real one in the place of a value that is an identifier, or a secret in an address; now and
    then the value as it is."""
    if name not in known or chance.random() < 0.1:
        return value
    if isinstance(value, list):
        return [real(one, name, known, chance) for one in value]
    if name != "token":
        try:
            UUID(str(value))
        except ValueError:
            return value
    return chance.choice(known[name])


def refused_though_meant_well(program: Program, known: dict[str, list[str]]) -> set[str]:
    """The operations that refuse the example of their body about everything that is there, one
    after the other."""
    refused = set()
    for path, item in json.loads(document())["paths"].items():
        for method in (each for each in METHODS if each in item):
            content = item[method].get("requestBody", {}).get("content", {})
            examples = content.get("application/json", {}).get("examples", {})
            body = next((each["value"] for each in examples.values()), None)
            tries = range(_MOST_OF_ONE if "{" in path else 1)
            if not any(_taken(program, method, path, body, known, number) for number in tries):
                refused.add(f"{method.upper()} {path}")
    return refused


def _taken(
    program: Program, method: str, path: str, body: Any, known: dict[str, list[str]], number: int
) -> bool:
    # The dates of examples pass.
    dates = {
        "due_at": timedelta(days=7),
        "signed_at": timedelta(hours=-1),
        "since": timedelta(days=-1),
        "until": timedelta(hours=-1),
    }

    def there(name: str, value: Any) -> Any:
        if name in dates:
            return (timezone.now() + dates[name]).isoformat()
        if name not in known or (isinstance(value, list) and not isinstance(value[0], str)):
            return value
        one = known[name][number % len(known[name])]
        return [one] if isinstance(value, list) else one

    filled = re.sub(r"\{(\w+)\}", lambda found: str(there(found[1], found[0])), path)
    given = {name: there(name, value) for name, value in body.items()} if body else None
    with transaction.atomic():
        answer = program.send(method, filled, given)
        transaction.set_rollback(True)
    return bool(answer.status_code < 300)


def ask(case: schemathesis.Case, program: Program, known: dict[str, list[str]]) -> bool:
    """Send a case with the program's key and check the answer against the description; returns
    whether it was taken."""
    if says_nothing(case):
        reject()
    return ask_anyway(case, program, known)


def says_nothing(case: schemathesis.Case) -> bool:
    """Whether what would be wrong of a case is left out of its address, so that nothing is."""
    return any(value is None or value == [] for value in dict(case.query or {}).values())


def ask_anyway(case: schemathesis.Case, program: Program, known: dict[str, list[str]]) -> bool:
    """As `ask`, whatever the case is."""
    make_real(case, known, chance_of(case), "path_parameters", "query", "body")
    response = case.call_and_validate(headers=headers_of(case, program))
    check_told(case, response)
    return bool(response.status_code < 300)


@cache
def told() -> dict[str, dict[int, set[str]]]:
    """By operation and status: the codes of the errors that the description shows by example."""
    whole = json.loads(document())
    shown = whole["components"]["examples"]
    return {
        f"{method.upper()} {path}": {
            int(status): {
                shown[name]["value"]["code"]
                for name in answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", ())
            }
            for status, answer in said["responses"].items()
        }
        for path, item in whole["paths"].items()
        for method, said in item.items()
        if method in METHODS
    }


def check_told(case: schemathesis.Case, response: Any) -> None:
    """That an error is one of those that the description shows of this operation."""
    if response.headers.get("content-type") != [MEDIA_TYPE] or response.status_code == 405:
        return
    code, status = response.json()["code"], response.status_code
    label = f"{case.method.upper()} {case.operation.path}"
    assert code in told()[label].get(status, ()), f"{label} answers {status} {code}, and is silent"


def chance_of(case: schemathesis.Case) -> random.Random:
    """The same for the same case, so that what it finds can be found again: also where ids and
    secrets of what was made on the way are others."""
    return random.Random(_MADE.sub("", f"{case.path_parameters} {case.query} {case.body}"))


def make_real(
    case: schemathesis.Case, known: dict[str, list[str]], chance: random.Random, *parts: str
) -> None:
    """Put real identifiers into these parts of a case, where it has others; into most cases."""
    if chance.random() < 0.3:
        return
    for part in (getattr(case, name) for name in parts):
        if isinstance(part, dict):
            for name in list(part):
                part[name] = real(part[name], name, known, chance)


def headers_of(case: schemathesis.Case, program: Program) -> dict[str, str]:
    """The headers of a case, with the program's key."""
    given = {k: v for k, v in dict(case.headers or {}).items() if k.lower() != "authorization"}
    if _lacks(case) == "authorization":
        return given
    if "If-Match" in given and random.Random(given["If-Match"]).random() < 0.5:
        # What is made up is never the state that it names.
        given["If-Match"] = "*"
    if ACTS_FOR in given and random.Random(given[ACTS_FOR]).random() < 0.9:
        # Nor is there a customer of that id.
        given[ACTS_FOR] = str(program.key.organisation_id)
    return {"Authorization": f"Bearer {program.secret}", **given}


def _lacks(case: schemathesis.Case) -> str:
    """The parameter that a case of the coverage phase leaves out, in small letters."""
    data = case.meta.phase.data if case.meta else None
    if getattr(data, "scenario", None) != CoverageScenario.MISSING_PARAMETER:
        return ""
    return str(data.parameter or "").lower()


def covering(description: Any) -> Any:
    """A description for the coverage phase, which asks for each bound of each parameter.

    Not for the longest list of words that `fields` takes: to find one that is just as long takes
    minutes an operation.
    """
    for item in description.raw_schema["paths"].values():
        for said in item.values():
            for parameter in said.get("parameters", ()) if isinstance(said, dict) else ():
                if parameter.get("name") in ("fields", "expand"):
                    parameter["schema"].pop("maxLength")
    return description


ALWAYS = (CoverageScenario.UNSPECIFIED_HTTP_METHOD, CoverageScenario.MISSING_PARAMETER)


def coverage_of(description: Any, operation: Any, most: int) -> Iterator[schemathesis.Case]:
    """Of the coverage phase's cases of an operation: methods that it does not have, parameters left
    out, and others; `most` of each kind, the same ones every time."""
    cases = operation.schema.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=description.config.generation_for(operation=operation, phase="coverage"),
    )
    kinds: dict[str, list[schemathesis.Case]] = {}
    for case in cases:
        scenario = case.meta.phase.data.scenario
        if scenario in ALWAYS or not says_nothing(case):
            kinds.setdefault(scenario if scenario in ALWAYS else "", []).append(case)
    chance = random.Random(operation.label)
    for found in kinds.values():
        yield from chance.sample(found, min(most, len(found)))


def machine(
    description: Any, program: Program, known: dict[str, list[str]], told: Counter[str]
) -> type[APIStateMachine]:
    """Scenarios of several requests, each beginning with the same world; `told` counts the steps
    that followed a link, by the operation and the status that came back."""

    class Scenario(description.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.world = transaction.atomic()
            self.world.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

        def step(self, input: StepInput) -> StepOutput:
            # What a link filled in stays; bodies need their neighbours' identifiers.
            chance = chance_of(input.case)
            make_real(input.case, known, chance, "query", "body")
            if input.transition is None:
                make_real(input.case, known, chance, "path_parameters")
            output: StepOutput = super().step(input)
            if input.transition is not None and input.applied_parameters:
                told[f"{input.case.operation.label} {output.response.status_code}"] += 1
            return output

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": headers_of(case, program)}

        def validate_response(self, response: Any, case: schemathesis.Case, **sent: Any) -> None:
            # The key is ours and good: checks that leave it out have to know.
            case.validate_response(response, headers=sent["headers"], recorder=self.recorder)
            check_told(case, response)

    return Scenario

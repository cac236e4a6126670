"""Every operation under schemathesis: no 5xx, no answer that the description does not tell of.

FUZZ_EXAMPLES says how many requests an operation gets, and with it how many scenarios of requests
that follow from each other: few here, many in `make fuzz`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import GenerationMode

from headshots.wsgi import application
from tests.accounts.sso.conftest import Zone
from tests.api import fuzzing
from tests.api.program import Program
from tests.stand_in import Shop
from tests.world import World

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
STEPS = 20
# So many scenarios are told at once. What some lead to depends on the hour and on what was asked
# before, which hypothesis does not bear with: then the others of that run are lost.
A_RUN = 100
# What takes more than an example and what is there already: a state, a file, something outside.
NOT_BY_EXAMPLE = {
    "DELETE members/{member_id}",
    "DELETE partner-grants/{grant_id}",
    "DELETE selfies/{selfie_id}",
    "GET exports/{export_id}/file",
    "GET headshots/{headshot_id}/renditions/{kind}",
    "GET orders/{order_id}/team-page",
    "GET orders/{order_id}/wall/file",
    "GET partner-grants/{grant_id}",
    "GET refinishes/{refinish_id}/headshots/{headshot_id}/{side}",
    "GET team-page",
    "GET wall/file",
    "GET webhook-deliveries/{delivery_id}",
    "PATCH department-looks",
    "PATCH members/{member_id}",
    "PATCH organisation/clocks",
    "POST domains/{domain_id}/check",
    "POST headshots/{headshot_id}/render",
    "POST orders/{order_id}/another-look",
    "POST orders/{order_id}/harmonise",
    "POST organisation/closing",
    "POST partner-grants",
    "POST plates/pictures",
    "POST publishing-runs/{publishing_run_id}/resume",
    "POST publishing-runs/{publishing_run_id}/undo",
    "POST refinishes/{refinish_id}/decide",
    "POST shoots",
    "POST shoots/{shoot_id}/embed-links",
    "POST shoots/{shoot_id}/hand-in",
    "POST shoots/{shoot_id}/pick-for",
    "POST shoots/{shoot_id}/selfies",
    "POST webhook-deliveries/{delivery_id}/replay",
    "PUT credits/top-up/card",
    "PUT looks/{look_id}/finish/logo",
    "PUT organisation/logo",
    "PUT shoots/{shoot_id}/wishes",
    "PUT uploads/{token}",
}
# Parts of what operations are called, parted by commas; none: all operations.
ONLY = os.environ.get("FUZZ_ONLY", "")
CAREFUL = hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 50,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The end of a request would close the connection that the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def described() -> Any:
    return schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", application, config=fuzzing.CONFIG
    )


@pytest.fixture
def around(world: World, shop: Shop, zone: Zone, settings: Any) -> None:
    """What operations ask outside: Stripe's stand-in and a name server."""
    shop.open()
    settings.API_REQUESTS_A_MINUTE = 10**6


def again(each: Callable[[], None]) -> None:
    """What schemathesis makes up now and then differs when it is made again, which hypothesis does
    not bear with; that says nothing of what was answered, so it is asked from the beginning."""
    try:
        each()
    except FlakyStrategyDefinition:
        each()


@pytest.mark.usefixtures("around")
def test_every_operation(world: World) -> None:
    program = Program.of(world.organisation)
    known = fuzzing.pool(world)
    description = described()
    found, asked, taken = [], 0, Counter[str]()
    for result in description.get_all_operations():
        operation = result.ok()
        if not any(part in operation.label for part in ONLY.split(",")):
            continue
        cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @CAREFUL
        @given(st.one_of(cases))
        def each(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            taken[case.operation.label] += fuzzing.ask(case, program, known)

        with transaction.atomic():
            try:
                again(each)
            except (Exception, BaseExceptionGroup) as error:
                found.append(f"{operation.label}\n{_said(error)}")
            transaction.set_rollback(True)
    assert not found, f"{len(found)} operations\n" + "\n\n".join(found)
    assert ONLY or asked >= 60 * min(EXAMPLES, 3)
    # What is refused at the door proves little: most operations have to do what they are for.
    never = sorted(label for label, count in taken.items() if not count)
    assert ONLY or len(never) < len(taken) / 2, never


@pytest.mark.usefixtures("around")
def test_what_is_meant_well_is_taken(world: World) -> None:
    """The example of each body, with what is there: what refuses that, is refused at the door in
    every other test here, but for what chance makes up."""
    program, known = Program.of(world.organisation), fuzzing.pool(world)
    refused = fuzzing.refused_though_meant_well(program, known)
    assert {label.replace("/api/v1/", "") for label in refused} == NOT_BY_EXAMPLE


@pytest.mark.usefixtures("around")
def test_every_bound_method_and_header(world: World) -> None:
    """Schemathesis' coverage phase: what lies on each bound and beyond, each parameter left out,
    each method that an address does not have."""
    program = Program.of(world.organisation)
    known = fuzzing.pool(world)
    description = fuzzing.covering(described())
    found, asked = [], Counter[str]()
    for result in description.get_all_operations():
        operation = result.ok()
        if not any(part in operation.label for part in ONLY.split(",")):
            continue
        for case in fuzzing.coverage_of(description, operation, most=max(1, EXAMPLES // 5)):
            with transaction.atomic():
                try:
                    fuzzing.ask_anyway(case, program, known)
                except (Exception, BaseExceptionGroup) as error:
                    found.append(f"{operation.label}\n{_said(error)}")
                transaction.set_rollback(True)
            asked[case.meta.phase.data.scenario] += 1
    assert not found, f"{len(found)} cases\n" + "\n\n".join(found)
    assert ONLY or asked[fuzzing.CoverageScenario.UNSPECIFIED_HTTP_METHOD] > 100, asked


@pytest.mark.usefixtures("around")
def test_what_follows_from_an_answer(world: World) -> None:
    told: Counter[str] = Counter()
    scenario = fuzzing.machine(
        described(), Program.of(world.organisation), fuzzing.pool(world), told
    )
    torn, runs = 0, -(-EXAMPLES * 2 // A_RUN)
    for _ in range(runs):
        few = hypothesis_settings(
            CAREFUL, max_examples=min(A_RUN, EXAMPLES * 2), stateful_step_count=STEPS
        )
        for _try in range(3):
            try:
                scenario.run(settings=few)
            except FlakyStrategyDefinition:
                continue
            break
        else:
            torn += 1
    assert torn <= runs // 2, f"{torn} of {runs}"
    # Links lead on: not by chance alone do they reach what they name.
    good = sum(count for said, count in told.items() if said[-3] == "2")
    assert good >= EXAMPLES, told


def _said(error: BaseException) -> str:
    inner = getattr(error, "exceptions", ())
    return "\n".join([str(error)[:1500], *(_said(one) for one in inner)])

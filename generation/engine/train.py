"""Train several people's LoRAs in one forward and backward pass.

Each row of a batch runs through its person's adapter; the people's losses are summed and
gradients clipped an adapter, so every adapter learns exactly as if it were alone. A seat
that becomes free is taken by the next person.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from generation.engine import adapters, faces, seats
from generation.engine.errors import Diverged, EngineError, PhotoError, Stopped
from generation.engine.families.interface import join
from generation.engine.guidance import towards_person
from generation.engine.load import BaseModel
from generation.engine.memory import out_of_memory, release
from generation.engine.seats import Seat
from generation.engine.specs import LookSpec, TrainSpec

log = logging.getLogger(__name__)

# What checkpoints are judged in: a look unlike any selfie.
_PROBE = LookSpec("navy suit", "studio grey")
# The distance a drawing without a face counts as.
_NO_FACE = 1.0


@dataclass(frozen=True)
class TrainResult:
    """A finished adapter. `seconds` is this person's share of the batch's time; `holdout`
    the mean distance of drawings to photos kept back, with its `history` by step."""

    person: str
    adapter: Path
    steps: int
    seconds: float
    holdout: float | None = None
    history: tuple[tuple[int, float], ...] = ()


def train_people(
    base: BaseModel,
    specs: Sequence[TrainSpec],
    folders: Mapping[str, Path],
    *,
    on_progress: Callable[[str, int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    dropped: Callable[[str], bool] | None = None,
    people_at_once: int | None = None,
) -> list[TrainResult]:
    """An adapter for each spec, in their order, but for people who were dropped on the way.

    `folders[person]` keeps the checkpoint of an unfinished run and the finished adapter; a
    folder with either is continued or returned at once, if it belongs to the same spec.
    `on_progress(person, step, steps)` is called after each step and may raise, `should_stop`
    is asked before each: both leave whole checkpoints, Stopped after saving the last step.
    `dropped(person)` is asked before each step, too: somebody dropped leaves at once, and nothing
    of them is written any more. Out of memory halves the people at once. Who comes apart begins
    again (see LoraSettings). Raises PhotoError for a person without a face, Diverged for one whose
    values are no numbers a second time; the others' checkpoints are whole then.
    """

    def stays(seat: Seat) -> bool:
        # Whose folder is gone has withdrawn: it must not come back.
        return seat.folder.is_dir() and not (dropped is not None and dropped(seat.spec.person))

    run = _Run(base, on_progress, stays)
    done: dict[str, TrainResult] = {}
    waiting: list[Seat] = []
    for spec in specs:
        finished = _finished(base, spec, folders[spec.person])
        if finished is not None:
            done[spec.person] = finished
        else:
            waiting.append(seats.open_seat(base, spec, folders[spec.person]))
    at_once = max(1, people_at_once or base.recipe.lora.people)
    sitting: list[Seat] = []
    try:
        while waiting or sitting:
            sitting = [seat for seat in sitting if stays(seat)]
            waiting = [seat for seat in waiting if stays(seat)]
            if should_stop is not None and should_stop():
                run.save(sitting)
                raise Stopped
            seating = True
            try:
                while waiting and len(sitting) < at_once:
                    run.seat(waiting[0], sitting)
                    waiting.pop(0)
                seating = False
                if sitting:
                    run.step(sitting)
            except PhotoError:
                run.save(sitting)
                raise
            except Exception as error:
                if not out_of_memory(error):
                    raise
                at_once = len(sitting) if seating else len(sitting) // 2
                if at_once == 0:
                    raise EngineError(
                        "This device has too little memory to train even one person."
                    ) from error
                log.warning("out of memory: training %d people at once from now on", at_once)
                for seat in sitting[at_once:]:
                    run.stand(seat)
                waiting = sitting[at_once:] + waiting
                sitting = sitting[:at_once]
                release()
                continue
            for seat in list(sitting):
                if stays(seat) and run.after_step(seat):
                    if (result := run.finish(seat)) is not None:
                        done[seat.spec.person] = result
                    sitting.remove(seat)
            for seat in sitting:
                # Twice, or they had begun again.
                if seat.apart and stays(seat):
                    run.save([other for other in sitting if other is not seat])
                    raise Diverged(seat.spec.person)
    finally:
        base.slots.require_grad(())
    return [done[spec.person] for spec in specs if spec.person in done]


def _finished(base: BaseModel, spec: TrainSpec, folder: Path) -> TrainResult | None:
    path = folder / seats.ADAPTER
    note = seats.note_of(path)
    if note.get("digest") != seats.open_seat(base, spec, folder).digest:
        return None
    if not adapters.fits(path, base.recipe):
        return None
    history = tuple((int(step), float(value)) for step, value in note["history"])
    return TrainResult(
        spec.person, path, int(note["step"]), float(note["seconds"]), note["holdout"], history
    )


def _shown(seat: Seat) -> bool:
    """Whether a face was seen in any of the person's judged drawings."""
    return any(value < _NO_FACE for _, value in seat.history)


class _Run:
    """The batch: who sits in which slot, and what happens at each step."""

    def __init__(
        self,
        base: BaseModel,
        on_progress: Callable[[str, int, int], None] | None = None,
        stays: Callable[[Seat], bool] = lambda _: True,
    ):
        self.base = base
        self.on_progress = on_progress
        self.stays = stays

    def seat(self, seat: Seat, sitting: list[Seat]) -> None:
        """Give `seat` a free slot, its pictures and its weights."""
        start = time.perf_counter()
        slots = self.base.slots
        slots.grow(len(sitting) + 1)
        taken = {other.slot for other in sitting}
        slot = next(name for name in slots.names if name not in taken)
        if seat.data is None:
            seat.data = seats.prepare(self.base, seat.spec)
        seats.sit(seat, slots, self.base.recipe, slot)
        sitting.append(seat)
        slots.require_grad([other.slot for other in sitting])
        seat.seconds += time.perf_counter() - start

    def stand(self, seat: Seat) -> None:
        """Leave the slot for now, keeping all that was learnt, through the checkpoint."""
        if not seats.save(seat, self.base.slots):
            return
        again = seats.open_seat(self.base, seat.spec, seat.folder)
        seat.state, seat.optimizer, seat.slot = again.state, None, ""

    def step(self, sitting: Sequence[Seat]) -> None:
        """One optimiser step of everyone sitting; left out for whom it has no numbers."""
        start = time.perf_counter()
        recipe, slots, family = self.base.recipe, self.base.slots, self.base.family
        batch = recipe.lora.batch
        latents, noises, moments, rows, names, weights = [], [], [], [], [], []
        for seat in sitting:
            data = seat.data
            assert data is not None
            picked, moment, noise = seat.chance(batch, data.latents.shape[1:], len(data.latents))
            latents.append(data.latents[picked])
            rows.append({key: value[picked] for key, value in data.conditioning.items()})
            moments.append(moment)
            noises.append(noise)
            names += [seat.slot] * batch
            if data.weights is not None:
                weights.append(data.weights.expand(batch, *data.weights.shape[1:]))
        for seat in sitting:
            assert seat.optimizer is not None
            seat.optimizer.zero_grad(set_to_none=True)
        with slots.rows(names), self.autocast():
            losses = family.losses(
                torch.cat(latents),
                join(rows),
                torch.cat(noises),
                torch.cat(moments),
                torch.cat(weights) if weights else None,
                recipe.lora.snr_gamma,
            )
            each = losses.view(len(sitting), batch).mean(dim=1)
            torch.autograd.backward(each.sum())
        norms = []
        for seat in sitting:
            assert seat.optimizer is not None
            learning = [p for group in seat.optimizer.param_groups for p in group["params"]]
            norms.append(torch.nn.utils.clip_grad_norm_(learning, recipe.lora.clip, foreach=True))
        # The device is waited for once a step, here.
        found = torch.stack([each.detach(), torch.stack(norms).to(each)]).tolist()
        for seat, loss, norm in zip(sitting, *found, strict=True):
            assert seat.optimizer is not None
            if not (math.isfinite(loss) and math.isfinite(norm)):
                seat.apart = "numbers"
                continue
            for group in seat.optimizer.param_groups:
                group["lr"] = seat.rate(recipe)
            seat.optimizer.step()
            seat.step += 1
            if seat.step > recipe.lora.warmup:
                above = seat.course.add(loss, batch)
                if self.may_begin_again(seat) and above > recipe.lora.leap > 0:
                    seat.apart = "leap"
        share = (time.perf_counter() - start) / len(sitting)
        for seat in sitting:
            seat.seconds += share

    def autocast(self) -> torch.autocast:
        """Mixed precision where the weights are half; adapters learn in float32."""
        kind = self.base.device.type
        return torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda")

    def after_step(self, seat: Seat) -> bool:
        """Report, judge and save when due; whether the person is done. Judging takes seconds, in
        which somebody may leave: they are not done, and nothing is written."""
        if seat.apart and _shown(seat):
            # The weights that drew a face are kept.
            self.report(seat, seat.steps)
            return True
        if seat.apart:
            if not seat.steady:
                self.begin_again(seat)
            return False
        settings = self.base.recipe.lora
        end = seat.step >= seat.steps
        if end or seat.step % settings.checkpoint_every == 0:
            if settings.judge_images and seat.step >= settings.judge_from * seat.steps:
                self.judge(seat)
                if not self.stays(seat):
                    return False
                if self.came_apart(seat):
                    seat.apart = "nobody"
                    self.begin_again(seat)
                    return False
                best = seat.best
                late = [step for step, _ in seat.history if best and step > best[0]]
                end = end or (0 < settings.patience <= len(late))
            if not end:
                seats.save(seat, self.base.slots)
        self.report(seat, seat.steps if end else seat.step)
        return end

    def report(self, seat: Seat, step: int) -> None:
        """Tell how far the person is."""
        if self.on_progress is not None:
            self.on_progress(seat.spec.person, step, seat.steps)

    def may_begin_again(self, seat: Seat) -> bool:
        """Whether there is nothing to keep of the person, and another run, with other settings,
        before them."""
        steady = self.base.recipe.lora.steady_beta2
        return steady > 0 and not seat.steady and not _shown(seat)

    def came_apart(self, seat: Seat) -> bool:
        """Whether the first judged drawings show nobody and the person may begin again."""
        return len(seat.history) == 1 and self.may_begin_again(seat)

    def begin_again(self, seat: Seat) -> None:
        """Start the person over, steadier."""
        log.warning("an adapter came apart at step %d (%s): begun again", seat.step, seat.apart)
        seats.begin_again(seat, self.base.slots, self.base.recipe)
        self.report(seat, 0)

    def judge(self, seat: Seat) -> None:
        """Draw the person as they are now and measure them against their photos."""
        start = time.perf_counter()
        base, recipe, data = self.base, self.base.recipe, seat.data
        assert data is not None
        if not len(data.descriptors):
            return
        values = self._likeness(seat)
        if min(values) == _NO_FACE and recipe.sample.person_guidance and not seat.gentle:
            # Brought out too far, dark glasses on a dark face are all that is left of it.
            seat.gentle = True
            values = self._likeness(seat)
            seat.gentle = min(values) < _NO_FACE
        value = sum(values) / len(values)
        if self.stays(seat) and (seat.best is None or round(value, 5) < seat.best[1]):
            state = {base.family.prefix: base.slots.take(seat.slot)}
            seats.write(seat, seats.BEST, state, {"digest": seat.digest, "step": seat.step})
        seat.history.append((seat.step, round(value, 5)))
        seat.seconds += time.perf_counter() - start

    def _likeness(self, seat: Seat) -> list[float]:
        """The mean distance of each judged drawing to the person's photos."""
        enlarge_to, data = self.base.recipe.gate.enlarge_to, seat.data
        assert data is not None
        values = []
        for picture in self._probes(seat, range(self.base.recipe.lora.judge_images)):
            values.append(_NO_FACE)
            if picture is None:
                continue
            if seen := faces.detect(picture, enlarge_to):
                who = faces.describe(picture, seen[0], enlarge_to)
                values[-1] = float(faces.distances(who, data.descriptors).mean())
        return values

    def _probes(self, seat: Seat, seeds: Sequence[int]) -> list[Image.Image | None]:
        """The person in the look that everybody is judged in, a picture a seed, as `Family.draw`
        gives them."""
        base, recipe = self.base, self.base.recipe
        guidance = recipe.sample.guidance
        prompt = base.prompt(recipe.headshot_prompt(_PROBE, seat.spec.noun))
        try:
            gentle = [seat.gentle] * len(seeds)
            rows = base.slots.rows([seat.slot] * len(seeds))
            with rows, towards_person(base, guidance, seeds, gentle):
                return base.family.draw(
                    join([prompt] * len(seeds)),
                    base.prompt(recipe.prompt.negative),
                    seeds,
                    recipe.sample.steps,
                    guidance,
                    recipe.sample.rescale,
                )
        except Exception as error:
            if not out_of_memory(error) or len(seeds) == 1:
                raise
        release()
        half = len(seeds) // 2
        return self._probes(seat, seeds[:half]) + self._probes(seat, seeds[half:])

    def save(self, sitting: Sequence[Seat]) -> None:
        for seat in sitting:
            seats.save(seat, self.base.slots)

    def finish(self, seat: Seat) -> TrainResult | None:
        """Keep the best weights as the person's adapter, and drop the checkpoint; None for
        somebody who left this moment."""
        base, folder = self.base, seat.folder
        state, step, best = base.slots.take(seat.slot), seat.step, seat.best
        if best is not None and best[0] != step:
            kept = seats.note_of(folder / seats.BEST)
            # Judged twice, as after a kill, drawings may differ by a little: what was kept then may
            # be of another step than the one that is best now.
            if (kept.get("digest"), kept.get("step")) == (seat.digest, best[0]):
                try:
                    state = adapters.read(folder / seats.BEST, base.family.prefix)[0]
                except EngineError:
                    if folder.is_dir():
                        raise
                    return None
                step = best[0]
        holdout = dict(seat.history).get(step)
        note = {
            "digest": seat.digest,
            **adapters.shape(base.recipe),
            "step": step,
            "seconds": round(seat.seconds, 2),
            "holdout": holdout,
            "history": seat.history,
            "steady": seat.steady,
            "gentle": seat.gentle,
        }
        if not seats.write(seat, seats.ADAPTER, {base.family.prefix: state}, note):
            return None
        for name in (seats.CHECKPOINT, seats.BEST):
            (folder / name).unlink(missing_ok=True)
        path = folder / seats.ADAPTER
        return TrainResult(seat.spec.person, path, step, seat.seconds, holdout, tuple(seat.history))

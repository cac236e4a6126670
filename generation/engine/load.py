"""Open a base model: one a process, checked before minutes are spent on it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from generation.engine import weights
from generation.engine.errors import BaseModelError, EngineError
from generation.engine.families import FAMILIES
from generation.engine.recipe import FILE as RECIPE
from generation.engine.recipe import Recipe, read_recipe
from generation.engine.weights import read_json

if TYPE_CHECKING:
    import torch

    from generation.engine.adapters import Slots
    from generation.engine.attire import Clothes
    from generation.engine.families.interface import Conditioning, Family

log = logging.getLogger(__name__)

# So many encoded prompts are kept: of SDXL's, a third of a megabyte each.
_MOST_PROMPTS = 512

_lock = threading.RLock()
_loaded: dict[tuple[str, str, str], BaseModel] = {}


class BaseModel:
    """A loaded base model with its adapter slots, the prompts encoded so far, and what it dresses
    people in for each (see `wardrobe`)."""

    def __init__(self, path: Path, recipe: Recipe, family: Family, device: torch.device):
        from generation.engine.adapters import Slots

        self.path = path
        self.recipe = recipe
        self.family = family
        self.device = device
        self.slots: Slots = Slots(family.denoiser, recipe.lora, family.prefix)
        self.clothes: dict[str, tuple[Clothes, ...]] = {}
        self._prompts: dict[str | None, Conditioning] = {}

    def prompt(self, text: str | None) -> Conditioning:
        """The encoded prompt, one row; each is encoded once, unless many others came since."""
        if text not in self._prompts:
            if len(self._prompts) >= _MOST_PROMPTS:
                self._prompts.pop(next(iter(self._prompts)))
            self._prompts[text] = self.family.encode_prompt(text)
        return self._prompts[text]

    def describe(self) -> dict[str, str | int | float]:
        """What is loaded, for logs and the worker's page."""
        parts = self.family.parts().values()
        return {
            "name": self.recipe.name,
            "family": self.recipe.family,
            "fingerprint": self.recipe.fingerprint,
            "resolution": self.recipe.resolution,
            "device": str(self.device),
            "parameters": sum(p.numel() for part in parts for p in part.parameters()),
        }


def check_base_model(path: str | Path) -> Recipe:
    """The recipe of the base model in folder `path`, if all its files are there and whole.

    Opens no weights and imports no torch: milliseconds. Raises BaseModelError with a
    sentence for a missing or cut-off file, another architecture, a broken engine.json.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BaseModelError(
            f"There is no base model folder at {folder}. Set BASE_MODEL to a diffusers folder."
        )
    index = read_json(folder / "model_index.json")
    recipe = read_recipe(folder)
    files = FAMILIES.get(recipe.family)
    if files is None:
        known = ", ".join(sorted(FAMILIES))
        raise BaseModelError(
            f"{folder} is of the family “{recipe.family}”, which the engine does not know; "
            f"it knows {known}."
        )
    if recipe.resolution % files.multiple:
        raise BaseModelError(
            f"{folder / RECIPE}: “resolution” is {recipe.resolution}; a picture of this family has "
            f"sides that are multiples of {files.multiple}."
        )
    if index.get("_class_name") != files.pipeline:
        raise BaseModelError(
            f"{folder} holds a {index.get('_class_name', 'folder without a pipeline class')}; "
            f"the engine needs a {files.pipeline}."
        )
    for part, wanted in files.parts.items():
        config = read_json(folder / part / "config.json")
        name = config.get("_class_name") or (config.get("architectures") or [""])[0]
        if name != wanted:
            raise BaseModelError(
                f"{folder / part} holds a {name or 'nameless model'}, not {wanted}."
            )
        for key, value in files.configs.get(part, {}).items():
            if config.get(key) != value:
                raise BaseModelError(
                    f"{folder / part} is another architecture: its {key} is "
                    f"{config.get(key)!r}, not {value!r}."
                )
        # diffusers' models and transformers' keep their weights under different names.
        stem = "diffusion_pytorch_model" if "_class_name" in config else "model"
        for file in weights.find(folder / part, stem)[1]:
            weights.refuse_cut(file)
    for other in files.others:
        read_json(folder / other)
    for tokenizer, encoder in files.tokenizers.items():
        _words(folder / tokenizer, folder / encoder)
    return recipe


def _words(tokenizer: Path, encoder: Path) -> None:
    """Raise unless the tokenizer has the words that its text encoder was trained with.

    Without them every word would be read as unknown, and prompts would be ignored in silence.
    """
    whole, vocabulary = tokenizer / "tokenizer.json", tokenizer / "vocab.json"
    if whole.is_file():
        known = read_json(whole).get("model", {}).get("vocab") or {}
    else:
        known = read_json(vocabulary)
        if not (tokenizer / "merges.txt").is_file():
            raise BaseModelError(
                f"The base model is not complete: {tokenizer / 'merges.txt'} is missing."
            )
    size = read_json(encoder / "config.json").get("vocab_size")
    if not isinstance(size, int) or not size // 2 <= len(known) <= size:
        raise BaseModelError(
            f"{tokenizer} knows {len(known)} tokens and does not belong to {encoder}, "
            f"which reads {size}."
        )


def base_model(path: str | Path, device: str | None = None, dtype: str | None = None) -> BaseModel:
    """The base model in folder `path`, loaded; the same object for the same folder.

    `device` is chosen if not given: CUDA, else Apple's MPS, else the CPU. `dtype` is
    bfloat16 on CUDA and float32 elsewhere. Another folder takes the place of the one
    before: a process holds one. Raises BaseModelError with a sentence if it cannot work.
    """
    recipe = check_base_model(path)
    place = find_device(device)
    import torch
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    precision: torch.dtype = getattr(
        torch, dtype or ("bfloat16" if place.type == "cuda" else "float32")
    )
    folder = Path(path).resolve()
    key = (f"{folder}:{recipe.fingerprint}:{hash(recipe)}", str(place), str(precision))
    with _lock:
        if key in _loaded:
            return _loaded[key]
        unload()
        for chatter in (diffusers_logging, transformers_logging):
            chatter.set_verbosity_error()
            chatter.disable_progress_bar()
        try:
            family = FAMILIES[recipe.family].loader().load(folder, recipe, place, precision)
        except EngineError:
            raise
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise BaseModelError(f"The base model in {folder} cannot be opened: {first}") from error
        _finite(family, folder)
        _trainable(family, recipe)
        model = BaseModel(folder, recipe, family, place)
        _loaded[key] = model
        log.info("base model loaded: %s", model.describe())
        return model


def unload() -> None:
    """Forget the loaded base model, so that its memory can be freed."""
    with _lock:
        _loaded.clear()


def find_device(name: str | None = None) -> torch.device:
    """The device called `name`, or the best one of this host. Raises BaseModelError with a sentence
    where there is none such, or a package is missing."""
    try:
        import diffusers  # noqa: F401
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise BaseModelError(
            f"This host cannot run the engine: {error.name} is not installed. "
            "Install the project with its worker extra."
        ) from error
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        mps = getattr(torch.backends, "mps", None)
        return torch.device("mps" if mps is not None and mps.is_available() else "cpu")
    try:
        place = torch.device(name)
        torch.zeros(1, device=place)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise BaseModelError(f"This host has no device “{name}” that torch can use.") from error
    return place


def _finite(family: Family, folder: Path) -> None:
    """Raise if any weight is not a number. Summing shows it at the cost of one read."""
    import torch

    for name, part in family.parts().items():
        for key, weight in part.named_parameters():
            if not bool(torch.isfinite(weight.detach().float().sum())):
                raise BaseModelError(
                    f"The base model is damaged: {folder / name} has weights that are not "
                    f"numbers ({key}). Copy it again."
                )


def _trainable(family: Family, recipe: Recipe) -> None:
    """Raise if no layer is named like one of the adapter's targets."""
    for path, _ in family.denoiser.named_modules():
        if any(path == target or path.endswith(f".{target}") for target in recipe.lora.targets):
            return
    raise BaseModelError(
        "The base model has no layers named like its LoRA targets in engine.json: "
        f"{', '.join(recipe.lora.targets)}."
    )

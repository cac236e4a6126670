"""The folder that stock diffusers has to load, and its words."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from generation.embedded_model import layout, settings, vocabulary
from generation.embedded_model.contact import CAPTIONS, headshot_captions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return layout.build_random(tmp_path_factory.mktemp("model") / "random", seed=3)


@pytest.fixture(scope="module")
def pipe(folder):
    loaded = StableDiffusionXLPipeline.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


def test_the_stock_pipeline_loads_it_and_draws(pipe):
    def once():
        return pipe(
            CAPTIONS[0],
            num_inference_steps=2,
            guidance_scale=2.5,
            height=96,
            width=96,
            generator=torch.Generator().manual_seed(1),
        ).images[0]

    picture = np.asarray(once())
    assert picture.shape == (96, 96, 3)
    assert np.array_equal(picture, np.asarray(once()))


def test_it_is_small_enough_for_the_repository(folder):
    assert sum(file.stat().st_size for file in folder.rglob("*.safetensors")) < 40e6


def test_every_word_is_one_token(pipe):
    for word in vocabulary.words():
        assert pipe.tokenizer.tokenize(word) == [f"{word}</w>"]


def test_no_prompt_is_cut_off(pipe):
    prompts = [*CAPTIONS, *headshot_captions(50, who="sks woman, middle aged, brown skin")]
    for ids in pipe.tokenizer(prompts).input_ids:
        assert len(ids) <= layout.MAX_TOKENS


def test_other_words_change_what_the_encoders_say(pipe):
    def pooled(words):
        return pipe.encode_prompt(words, device="cpu", do_classifier_free_guidance=False)[2]

    assert torch.equal(pooled(CAPTIONS[0]), pooled(CAPTIONS[0]))
    assert not torch.allclose(pooled(CAPTIONS[0]), pooled(CAPTIONS[1]))


def test_engine_settings_are_written_beside_the_weights(folder):
    found = json.loads((folder / "engine.json").read_text())
    assert found["name"] == "embedded-random"
    assert found["resolution"] == layout.RESOLUTION
    names = {name for name, _ in layout.unet().named_modules()}
    for target in found["lora"]["targets"]:
        assert any(name.endswith(target) for name in names)
    prompt = found["prompt"]["headshot"].format(
        token=found["token"],
        noun=found["class_noun"],
        expression="smile",
        attire="navy suit",
        backdrop="office",
        light="soft light",
    )
    assert set(prompt.replace(",", "").split()) <= set(vocabulary.words())


def test_the_committed_model_has_the_settings_that_a_new_one_would_have():
    weights = Path(layout.__file__).parent / "weights"
    kept = json.loads((weights / "engine.json").read_text())
    assert kept == settings.engine_settings(kept["name"])

"""Training goes on exactly where it stopped, learns, and writes a model that draws."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline, UNet2DConditionModel
from torch import nn

from generation.embedded_model import dataset, layout, optim, train
from generation.embedded_model.autoencoder import encode_chunks, train_autoencoder
from generation.embedded_model.denoiser import Run
from generation.embedded_model.optim import MuonAdamW, orthogonalise


def tiny_pipeline(monkeypatch):
    config = {**layout.unet().config, "block_out_channels": (16, 16, 16), "attention_head_dim": 1}
    with monkeypatch.context() as patch:
        patch.setattr(layout, "unet", lambda: UNet2DConditionModel.from_config(config))
        return layout.pipeline(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("run")
    dataset.render_chunk(place / "pictures", 0, count=12)
    return place


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    return layout.vae()


@pytest.fixture
def start(folder, vae, monkeypatch):
    encode_chunks(vae, folder / "pictures", lambda text: None)
    return lambda: Run(folder, vae, 4, "cpu", lambda text: None, pipe=tiny_pipeline(monkeypatch))


def test_a_resumed_run_equals_one_that_never_stopped(start, tmp_path):
    run = start()
    for _ in range(2):
        run.train_step()
    run.save()
    through = [run.train_step() for _ in range(2)]
    again = start()
    assert again.step == 2
    assert [again.train_step() for _ in range(2)] == through
    for name, weight in run.weights.items():
        assert torch.equal(weight, again.weights[name])
        assert torch.equal(run.ema[name], again.ema[name])
    before = run.checkpoint.read_bytes()
    again.sheet = lambda target: None
    exported = tmp_path / "model"
    again.anneal(1, exported)
    assert run.checkpoint.read_bytes() == before
    pipe = StableDiffusionXLPipeline.from_pretrained(
        exported, dtype=torch.float32, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    picture = pipe("headshot of person", num_inference_steps=1, height=96, width=96).images[0]
    assert picture.size == (96, 96)


def test_rendering_goes_on_after_a_stop(tmp_path):
    dataset.render_chunk(tmp_path, 0, count=3)
    (tmp_path / "pictures_0001.part").write_bytes(b"half")
    assert dataset.chunks(tmp_path) == [0]
    dataset.render_chunk(tmp_path, 1, count=3)
    assert dataset.chunks(tmp_path) == [0, 1]
    picture, words = dataset.example(4)
    assert np.array_equal(dataset.load_pictures(tmp_path, 1)[1], picture)
    assert dataset.load_captions(tmp_path, 1)[1] == words


def test_the_autoencoder_is_trained_once(folder, tmp_path):
    said = []
    target = tmp_path / "vae"
    made = train_autoencoder(folder / "pictures", target, 0.02, "cpu", said.append)
    assert isinstance(made, AutoencoderKL)
    assert made.config.scaling_factor != 1
    count = len(said)
    train_autoencoder(folder / "pictures", target, 5.0, "cpu", said.append)
    assert len(said) == count


def test_orthogonalised_matrices_have_singular_values_near_one():
    torch.manual_seed(0)
    for shape in ((2, 24, 60), (2, 60, 24), (2, 24, 240), (2, 240, 24)):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)).float())
        assert values.min() > 0.5
        assert values.max() < 1.4


def test_the_short_way_for_wide_matrices_gives_the_same_update():
    torch.manual_seed(0)
    x = torch.randn(3, 24, 240) * torch.logspace(0, -4, 240)
    x = x / x.norm(dim=(-2, -1), keepdim=True)
    long = x
    for _ in range(5):
        gram = long @ long.mT
        long = 3.4445 * long + (-4.7750 * gram + 2.0315 * gram @ gram) @ long
    short = optim._gathered(x @ x.mT) @ x
    assert float((short - long).norm() / long.norm()) < 1e-3


def test_the_shares_of_all_processes_are_the_update_of_one(monkeypatch):
    def learn(rank, ranks):
        torch.manual_seed(0)
        weights = [nn.Parameter(torch.randn(shape)) for shape in ((6, 9), (6, 9), (6, 9), (8, 4))]
        named = [(f"w{i}", w) for i, w in enumerate(weights)] + [
            ("bias", nn.Parameter(torch.ones(3)))
        ]
        optimiser = MuonAdamW(named, rank=rank, ranks=ranks)
        for weight in weights:
            weight.grad = torch.randn_like(weight)
        optimiser.step()
        return [weight.detach() for weight in weights]

    shares = []
    monkeypatch.setattr(optim.distributed, "all_reduce", lambda flat: shares.append(flat.clone()))
    for rank in range(2):
        learn(rank, 2)
    assert all(share.abs().sum() > 0 for share in shares)
    whole = sum(shares)
    monkeypatch.setattr(optim.distributed, "all_reduce", lambda flat: flat.copy_(whole))
    for alone, shared in zip(learn(0, 1), learn(1, 2), strict=True):
        assert torch.allclose(alone, shared, atol=1e-6)


def test_training_goes_on_from_a_finished_model(folder, vae, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        config = {
            **layout.unet().config,
            "block_out_channels": (16, 16, 16),
            "attention_head_dim": 1,
        }
        patch.setattr(layout, "unet", lambda: UNet2DConditionModel.from_config(config))
        made = layout.pipeline(3)
        made.vae = vae
        finished = layout.save(made, tmp_path / "finished", name="embedded")
        place = tmp_path / "run"
        (place / "pictures").parent.mkdir(parents=True)
        (place / "pictures").symlink_to(folder / "pictures")
        options = ["--folder", str(place), "--start", str(finished), "--chunks", "1"]
        # The tests' own process keeps its signals and threads.
        patch.setattr(train.signal, "signal", lambda *_: None)
        threads = torch.get_num_threads()
        train.main([*options, "--minutes", "0", "--batch", "4", "--threads", "1"])
        torch.set_num_threads(threads)
    kept = torch.load(place / "run.pt", weights_only=True)["weights"]
    for name, weight in made.unet.named_parameters():
        assert torch.equal(kept[f"unet.{name}"], weight)
    assert (place / "vae" / "config.json").exists()


def test_the_rate_that_was_not_too_high_is_the_usual_one():
    assert train.parse([]).rate == 0.25


def test_the_committed_weights_are_taken_further(tmp_path):
    committed = Path(layout.__file__).parent / "weights"
    vae = AutoencoderKL.from_pretrained(committed / "vae", torch_dtype=torch.float32)
    dataset.render_chunk(tmp_path / "pictures", 0, count=8)
    encode_chunks(vae, tmp_path / "pictures", lambda text: None)
    run = Run(tmp_path, vae, 8, "cpu", lambda text: None, pipe=train._finished(committed))
    # They know what they look at: from nothing it is about 1.
    assert run.train_step() < 0.7
    run.save()
    again = Run(tmp_path, vae, 8, "cpu", lambda text: None, pipe=train._finished(committed))
    assert again.step == 1

"""Reads attire and backdrop off a picture of the embedded model, after learning from renders.

A small convolutional network at 48 px. How often it is right on renders it has not seen stands
beside every figure it gives.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from generation.embedded_model import vocabulary
from generation.embedded_model.renderer import Identity, Scene, draw

# Seeds that neither training nor a benchmark's people have.
_FIRST = 5_000_000
_SIZE = 48
_PARTS = (vocabulary.ATTIRE, vocabulary.BACKDROP)


def _render(count: int) -> tuple[NDArray[np.uint8], Tensor]:
    """Headshots of people in every attire before every backdrop, with the indices of both."""
    pictures, words = [], []
    for seed in range(_FIRST, _FIRST + count):
        g = np.random.default_rng((0x10F, seed))
        attire, backdrop = (int(g.integers(len(names))) for names in _PARTS)
        scene = Scene.sample(seed, "headshot").but(
            attire=vocabulary.ATTIRE[attire], backdrop=vocabulary.BACKDROP[backdrop]
        )
        pictures.append(draw(Identity.sample(seed), scene, 64))
        words.append((attire, backdrop))
    return np.stack(pictures), torch.tensor(words)


def _batch(pictures: NDArray[np.uint8]) -> Tensor:
    """Pictures [n, h, w, 3] as the network takes them [n, 3, 48, 48]."""
    small = [cv2.resize(p, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA) for p in pictures]
    return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _block(before: int, after: int, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )


class LookReader:
    """Knows the attires and backdrops of looks; `right` is its share of right answers for each
    on `check` renders it did not learn from. Takes about a minute and a half on one core."""

    def __init__(self, learn: int = 3200, check: int = 400) -> None:
        torch.manual_seed(0)
        pictures, words = _render(learn + check)
        self._net = nn.Sequential(
            _block(3, 24, 1),
            _block(24, 32, 2),
            _block(32, 48, 2),
            _block(48, 64, 2),
            nn.Dropout2d(0.1),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64 * (_SIZE // 8) ** 2, sum(len(names) for names in _PARTS)),
        )
        self._learn(_batch(pictures[:learn]), words[:learn])
        found = self._answers(_batch(pictures[learn:]))
        shares = (found == words[learn:]).float().mean(dim=0).tolist()
        self.right = dict(zip(("attire", "backdrop"), shares, strict=True))

    def read(self, pictures: NDArray[np.uint8]) -> list[tuple[str, str]]:
        """(attire, backdrop) of each picture [n, h, w, 3]."""
        found = self._answers(_batch(pictures)).tolist()
        return [(vocabulary.ATTIRE[a], vocabulary.BACKDROP[b]) for a, b in found]

    def _learn(self, pictures: Tensor, words: Tensor, epochs: int = 12, batch: int = 50) -> None:
        optimiser = torch.optim.AdamW(self._net.parameters(), weight_decay=0.05)
        steps = epochs * (len(pictures) // batch)
        rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
        self._net.train()
        for step in range(steps):
            if step * batch % len(pictures) < batch:
                order = torch.randperm(len(pictures))
            rows = order[step * batch % len(pictures) :][:batch]
            flipped = (torch.rand(len(rows)) < 0.5)[:, None, None, None]
            seen = self._scores(torch.where(flipped, pictures[rows].flip(3), pictures[rows]))
            loss = torch.stack(
                [
                    nn.functional.cross_entropy(scores, words[rows, part], label_smoothing=0.05)
                    for part, scores in enumerate(seen)
                ]
            ).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rate.step()
        self._net.eval()

    def _scores(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return self._net(pictures).split([len(names) for names in _PARTS], dim=1)

    @torch.no_grad()
    def _answers(self, pictures: Tensor) -> Tensor:
        """Indices [n, 2] of attire and backdrop."""
        return torch.stack([scores.argmax(dim=1) for scores in self._scores(pictures)], dim=1)

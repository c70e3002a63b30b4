"""Random batches of the shapes that I2SRM sees on MNRE, for `i2srm_epoch.py` and `inference.py`."""

import json

import torch

from i2srm_model import pool_size

# Every 40th of MNRE's 766 sorted training batches of 16 (mnre_lengths.py --every 40), mean 31.2 tokens like all of them
MNRE_LENGTHS = [20, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 39, 40, 44]


def read_lengths(file, batch):
    """Batch size and padded lengths from `{batch, lengths}` or a bare list; MNRE's own without a file."""
    if file is None:
        return batch, MNRE_LENGTHS
    with open(file, encoding="utf-8") as source:
        content = json.load(source)
    if isinstance(content, list):
        return batch, content
    return content.get("batch", batch), content["lengths"]


def random_batch(config, batch, length, generator):
    """One batch of a padded length: the longest row fills it, others are up to three tokens shorter, as sorted batches are."""
    def integers(low, high, shape):
        return torch.randint(low, high, shape, generator=generator)

    rows = torch.clamp(length - integers(0, 4, (batch,)), min=8)
    rows[0] = length
    mask = (torch.arange(length) < rows[:, None]).long()
    ids = torch.where(mask.bool(), integers(4, config["vocab"], (batch, length)), torch.tensor(1))
    head = torch.stack([torch.full((batch,), 2), 3 + integers(0, 2, (batch,))], 1)
    return {
        "input_ids": ids, "attention_mask": mask, "head_span": head, "tail_span": head + 3, "labels": integers(0, config["labels"], (batch,)),
        "maps": torch.rand(batch, 1 + config["objects"], config["map_channels"], 2, 2, generator=generator),
        "image_logits": torch.randn(batch, config["image_classes"], generator=generator),
        "mix_lambda": torch.rand((), generator=generator),  # Beta(1, 1)
        "mix_permutation": torch.randperm(pool_size(batch, config["delta"]), generator=generator),
    }

"""Prediction with I2SRM for relations, as somebody would write it who wants PyTorch to be fast: one product for query, key and value, SDPA,
no mask where nothing is padded. Weights and sizes come from the folder that `relata bench predict` writes.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["hiddenSize"]
        self.heads = c["heads"]
        self.joined = nn.Linear(d, 3 * d)
        self.projection, self.inner, self.outer = nn.Linear(d, d), nn.Linear(d, c["intermediateSize"]), nn.Linear(c["intermediateSize"], d)
        self.first, self.second = nn.LayerNorm(d, c["layerNormEpsilon"]), nn.LayerNorm(d, c["layerNormEpsilon"])

    def forward(self, x, prefix, bias):
        batch, length, width = x.shape
        query, key, value = self.joined(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if prefix is not None:
            key, value = torch.cat([prefix[0], key], 2), torch.cat([prefix[1], value], 2)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias).transpose(1, 2).flatten(2)
        x = self.first(x + self.projection(mixed))
        return self.second(x + self.outer(F.gelu(self.inner(x))))

    def load(self, weights, prefix):
        def pair(name):
            return weights[f"{prefix}.{name}.weight"], weights[f"{prefix}.{name}.bias"]

        parts = [pair(f"attention.self.{name}") for name in ("query", "key", "value")]
        set_linear(self.joined, torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts]))
        places = {"attention.output.dense": self.projection, "attention.output.LayerNorm": self.first, "intermediate.dense": self.inner,
                  "output.dense": self.outer, "output.LayerNorm": self.second}
        for name, module in places.items():
            set_linear(module, *pair(name))


class Predictor(nn.Module):
    def __init__(self, description, weights):
        super().__init__()
        c = description["encoder"]
        d = c["hiddenSize"]
        self.c, self.visual, self.prefix = c, description["visual"], description["prefix"]
        self.words, self.positions = nn.Embedding(c["vocabSize"], d), nn.Embedding(c["maxPositions"], d)
        self.normal = nn.LayerNorm(d, c["layerNormEpsilon"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["layers"]))
        self.classifier = nn.Linear(2 * d, description["relations"])
        set_linear(self.normal, weights["encoder.embeddings.LayerNorm.weight"], weights["encoder.embeddings.LayerNorm.bias"])
        set_linear(self.classifier, weights["classifier.weight"], weights["classifier.bias"])
        self.words.weight.data.copy_(weights["encoder.embeddings.word_embeddings.weight"])
        # Every token has type 0, so the type's row goes into the positions
        self.positions.weight.data.copy_(weights["encoder.embeddings.position_embeddings.weight"] + weights["encoder.embeddings.token_type_embeddings.weight"][0])
        for number, layer in enumerate(self.layers):
            layer.load(weights, f"encoder.encoder.layer.{number}")
        if self.visual:
            self.projection = nn.ModuleList(nn.Linear(*reversed(weights[f"encoder_conv.{i}.weight"].shape)) for i in (0, 2))
            self.gates = nn.ModuleList(nn.Linear(*reversed(weights[f"gates.{i}.weight"].shape)) for i in range(c["layers"]))
            for module, name in [*zip(self.projection, ("encoder_conv.0", "encoder_conv.2")), *((gate, f"gates.{i}") for i, gate in enumerate(self.gates))]:
                set_linear(module, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def prefixes(self, maps):
        """maps [batch, pictures, prompt, channels] -> per text layer a key and a value [batch, heads, pictures * prompt, d / heads]."""
        batch, pictures, prompt, _ = maps.shape
        first, second = self.projection
        pieces = second(torch.tanh(first(maps))).unflatten(-1, (4, -1))
        mean = (pieces.sum(3) / 4).flatten(2)
        for gate in self.gates:
            shares = F.leaky_relu(gate(mean)).softmax(-1)[:, :, None, :, None]
            key, value = (pieces * shares).sum(3).chunk(2, -1)
            shape = (batch, self.c["heads"], pictures * prompt, -1)
            yield key.reshape(shape), value.reshape(shape)

    def forward(self, batch):
        ids = batch["input_ids"]
        dtype = self.words.weight.dtype
        x = self.normal(self.words(ids) + self.positions.weight[: ids.shape[1]])
        bias = batch["bias"]
        prefixes = self.prefixes(batch["maps"].to(dtype)) if self.visual else (None for _ in self.layers)
        for layer, prefix in zip(self.layers, prefixes):
            x = layer(x, prefix, bias)
        pair = torch.cat([(batch[name].to(x.dtype) @ x)[:, 0] for name in ("head", "tail")], -1)
        return self.classifier(pair).float()

    def prepare(self, batch, dtype):
        """The inputs of `forward` from those in the folder: masks made once, before the clock runs."""
        mask = batch["attention_mask"]
        places = torch.arange(mask.shape[1])
        out = {"input_ids": batch["input_ids"], "bias": None, **({"maps": batch["maps"]} if self.visual else {})}
        for name in ("head", "tail"):
            span = batch[f"{name}_span"]
            inside = ((places >= span[:, :1]) & (places < span[:, 1:])).float()
            out[name] = (inside / inside.sum(1, keepdim=True))[:, None].to(dtype)
        keep = mask[:, None, None].float()
        if self.visual:
            heads, prompt = self.c["heads"], self.prefix["promptLength"]
            spread = batch["picture_mask"].repeat_interleave(prompt * heads, 1).reshape(mask.shape[0], heads, 1, -1)
            keep = torch.cat([spread, keep.expand(-1, heads, -1, -1)], -1)
        if not bool(keep.all()):
            out["bias"] = ((1.0 - keep) * torch.finfo(dtype).min).to(dtype)
        return out


def set_linear(module, weight, bias):
    module.weight.data.copy_(weight)
    module.bias.data.copy_(bias)


def load(folder, dtype):
    """The model in evaluation mode, and the batches in their order."""
    folder = Path(folder)
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    model = Predictor(description, load_file(folder / "model.safetensors")).eval().to(dtype)
    stored = load_file(folder / "batches.safetensors")
    batches = [{name.split("/")[1]: tensor for name, tensor in stored.items() if name.startswith(f"{i}/")} for i in range(description["batches"])]
    return model, [model.prepare(batch, dtype) for batch in batches]

"""I2SRM for relation extraction (arXiv 2310.06326) in PyTorch, as `i2srm_epoch.py` and `inference.py` time it.

Parameter names are those of the golden cases; `check_golden.py` holds the model against them.
"""

import torch
from torch import nn
from torch.nn import functional as F

ROBERTA_BASE = {
    "encoder": "roberta", "vocab": 50265 + 4, "hidden": 768, "layers": 12, "heads": 12, "ffn": 3072, "positions": 514, "labels": 23,
    "map_channels": 3840, "prompt_dim": 800, "prompt_len": 4, "objects": 3, "image_classes": 1000,
    "delta": 0.7, "unmixed_share": 0.6, "mix_heads": 4, "mix_ffn": 2048, "kl_weight": 0.5, "dropout": 0.1, "mix_dropout": 0.2, "attention": "sdpa",
}


class SelfAttention(nn.Module):
    """Multi-head attention whose keys and values are preceded by a visual prefix, or by nothing."""

    def __init__(self, c):
        super().__init__()
        self.heads, self.dropout, self.kind = c["heads"], c["dropout"], c["attention"]
        self.query = nn.Linear(c["hidden"], c["hidden"])
        self.key = nn.Linear(c["hidden"], c["hidden"])
        self.value = nn.Linear(c["hidden"], c["hidden"])

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x, prefix_key, prefix_value, bias):
        query = self.split(self.query(x))
        key, value = self.split(self.key(x)), self.split(self.value(x))
        if prefix_key is not None:
            key, value = torch.cat([prefix_key, key], 2), torch.cat([prefix_value, value], 2)
        dropout = self.dropout if self.training else 0.0
        if self.kind == "sdpa":
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype), dropout_p=dropout)
        else:
            scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5 + bias
            mixed = F.dropout(scores.softmax(-1), dropout) @ value
        return mixed.transpose(1, 2).flatten(2)


def module(**children):
    """A bare container, so that parameter names follow the Hugging Face layout."""
    out = nn.Module()
    for name, child in children.items():
        setattr(out, name, child)
    return out


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, eps = c["hidden"], c["eps"]
        self.attention = module(self=SelfAttention(c), output=module(dense=nn.Linear(d, d), LayerNorm=nn.LayerNorm(d, eps)))
        self.intermediate = module(dense=nn.Linear(d, c["ffn"]))
        self.output = module(dense=nn.Linear(c["ffn"], d), LayerNorm=nn.LayerNorm(d, eps))
        self.dropout = nn.Dropout(c["dropout"])

    def forward(self, x, prefix_key, prefix_value, bias):
        attention, output = self.attention, self.output
        mixed = attention.self(x, prefix_key, prefix_value, bias)
        x = attention.output.LayerNorm(x + self.dropout(attention.output.dense(mixed)))
        return output.LayerNorm(x + self.dropout(output.dense(F.gelu(self.intermediate.dense(x)))))


class TextEncoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.roberta = c["encoder"] == "roberta"
        d = c["hidden"]
        self.embeddings = module(word_embeddings=nn.Embedding(c["vocab"], d, padding_idx=1 if self.roberta else 0),
                                 position_embeddings=nn.Embedding(c["positions"], d, padding_idx=1 if self.roberta else None),
                                 token_type_embeddings=nn.Embedding(1 if self.roberta else 2, d), LayerNorm=nn.LayerNorm(d, c["eps"]))
        self.encoder = module(layer=nn.ModuleList(Layer(c) for _ in range(c["layers"])))
        self.dropout = nn.Dropout(c["dropout"])

    def forward(self, ids, mask, prefixes, bias):
        e = self.embeddings
        # RoBERTa counts positions from 2 over real tokens; padding has position 1
        positions = mask.cumsum(1) * mask + 1 if self.roberta else torch.arange(ids.shape[1])
        x = e.word_embeddings(ids) + e.position_embeddings(positions) + e.token_type_embeddings.weight[0]
        x = self.dropout(e.LayerNorm(x))
        for layer, (key, value) in zip(self.encoder.layer, prefixes):
            x = layer(x, key, value, bias)
        return x


class I2SRM(nn.Module):
    def __init__(self, config):
        super().__init__()
        c = self.c = {**config, "eps": 1e-5 if config["encoder"] == "roberta" else 1e-12}
        d = c["hidden"]
        self.encoder = TextEncoder(c)
        self.encoder_conv = nn.Sequential(nn.Linear(c["map_channels"], c["prompt_dim"]), nn.Tanh(), nn.Linear(c["prompt_dim"], 4 * 2 * d))
        self.gates = nn.ModuleList(nn.Linear(4 * 2 * d, 4) for _ in range(c["layers"]))
        self.encoder_layers = nn.TransformerEncoderLayer(2 * d, c["mix_heads"], c["mix_ffn"], c["mix_dropout"], batch_first=True)
        self.linear_kl = nn.Linear(c["image_classes"], 2 * d)
        self.classifier = nn.Linear(2 * d, c["labels"])

    def prefixes(self, maps):
        """maps [B, 1 + objects, channels, 2, 2] -> per text layer a key and a value [B, heads, (1 + objects) P, d / heads]."""
        c = self.c
        b, pictures, p = maps.shape[0], maps.shape[1], c["prompt_len"]
        pieces = self.encoder_conv(maps.reshape(b, pictures, p, c["map_channels"])).unflatten(-1, (4, 2 * c["hidden"]))  # [B, pictures, P, 4, 2d]
        mean = pieces.sum(3) / 4
        for gate in self.gates:
            weights = F.leaky_relu(gate(mean.flatten(2))).softmax(-1)  # [B, pictures, 4]
            mixed = (pieces * weights[:, :, None, :, None].to(pieces.dtype)).sum(3)  # [B, pictures, P, 2d]
            key, value = mixed.split(c["hidden"], -1)
            yield key.reshape(b, c["heads"], pictures * p, -1), value.reshape(b, c["heads"], pictures * p, -1)

    def features(self, batch):
        """The encoder's states [B, L, d] and the entity pair [B, 2d], both in fp32."""
        mask = batch["attention_mask"]
        prefix = mask.new_ones(mask.shape[0], batch["maps"].shape[1] * self.c["prompt_len"])
        bias = (1.0 - torch.cat([prefix, mask], 1)[:, None, None].float()) * torch.finfo(torch.float32).min
        prefixes = list(self.prefixes(batch["maps"]))
        hidden = self.encoder(batch["input_ids"], mask, prefixes, bias).float()
        places = torch.arange(mask.shape[1])

        def mean_of(span):
            inside = ((places >= span[:, :1]) & (places < span[:, 1:])).float()
            return torch.bmm(inside[:, None], hidden)[:, 0] / inside.sum(1, keepdim=True)

        return {"prefixes": prefixes, "hidden": hidden, "pair": torch.cat([mean_of(batch["head_span"]), mean_of(batch["tail_span"])], -1)}

    def semantic_loss(self, pair, image_logits):
        return F.kl_div(F.log_softmax(self.linear_kl(image_logits).float(), -1), F.softmax(pair, -1), reduction="batchmean")

    def forward(self, batch, mix=False):
        """Loss and outputs; `mix` adds cross-sample attention and mixup with the batch's lambda and permutation."""
        c = self.c
        out = self.features(batch)
        pair, labels = out["pair"], batch["labels"]
        out["semantic_loss"] = self.semantic_loss(pair, batch["image_logits"])
        if not mix:
            out["logits"] = self.classifier(pair).float()
            out["loss"] = F.cross_entropy(out["logits"], labels)  # as the golden cases have it: the semantic loss is reported, not added
            return out
        rows = pair.shape[0]
        out["attended"] = attended = self.encoder_layers(pair[None])[0].float()
        both, both_labels = torch.cat([pair, attended]), torch.cat([labels, labels])
        first, last = pool_bounds(rows, c["delta"])
        pool = torch.cat([both[:first], both[last:]])
        pool_labels = torch.cat([both_labels[:first], both_labels[last:]])
        order, share = batch["mix_permutation"], batch["mix_lambda"]
        kept = int(pool.shape[0] * (1 - c["unmixed_share"]))
        mixed = (share * pool + (1 - share) * pool[order])[:kept]
        plain = torch.cat([pair, attended[: int(rows * c["unmixed_share"])]])
        plain_labels = torch.cat([labels, labels[: int(rows * c["unmixed_share"])]])
        logits = self.classifier(torch.cat([plain, mixed])).float()
        out["logits"] = logits[:rows]
        split = plain.shape[0]
        out["plain_loss"] = F.cross_entropy(logits[:split], plain_labels)
        out["mixed_loss"] = share * F.cross_entropy(logits[split:], pool_labels[:kept]) + (1 - share) * F.cross_entropy(logits[split:], pool_labels[order][:kept])
        out["loss"] = out["plain_loss"] + out["mixed_loss"] + c["kl_weight"] * out["semantic_loss"]
        return out


def pool_bounds(rows, delta):
    """The mixup pool is the 2B rows before the first bound and from the second on; its size is pool_size."""
    return int(2 * rows * delta / 2), int(2 * rows * (1 - delta / 2))


def pool_size(rows, delta):
    first, last = pool_bounds(rows, delta)
    return first + 2 * rows - last

"""Computes small cases of MI2RAGE's student in PyTorch: weights, inputs, logits, loss and gradients, as JSON.

python3 test/reference/mi2rage_student.py > src/models/mi2rage/testing/student-cases.json
"""
import json

import torch
from torch import nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel

HIDDEN, LAYERS, HEADS, WIDTH, FUSION_HEADS, MAPS, CLASSES, RELATIONS = 4, 2, 2, 4, 2, 6, 3, 3


class Views(nn.Module):
    """A frozen encoder's features, normalised and projected."""

    def __init__(self):
        super().__init__()
        self.maps_norm = nn.LayerNorm(MAPS)
        self.logits_norm = nn.LayerNorm(CLASSES)
        self.projection = nn.Linear(MAPS + CLASSES, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH)

    def forward(self, maps, logits):
        joined = torch.cat([self.maps_norm(maps), self.logits_norm(logits)], dim=-1)
        return self.output_norm(F.gelu(self.projection(joined)))


class Texts(nn.Module):
    def __init__(self):
        super().__init__()
        self.projection = nn.Linear(2 * HIDDEN, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH)

    def forward(self, pair):
        return self.output_norm(F.gelu(self.projection(pair)))


class Fusion(nn.Module):
    """nn.MultiheadAttention is not used: its packed weights have other names."""

    def __init__(self, query_width):
        super().__init__()
        self.no_view = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.5)
        self.query = nn.Linear(query_width, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, query, views, mask):
        batch = query.shape[0]
        everything = torch.cat([self.no_view.expand(batch, 1, WIDTH), views], dim=1)
        allowed = torch.cat([torch.ones(batch, 1), mask], dim=1).bool()
        asked = self.query(query)
        heads = lambda x: x.reshape(batch, -1, FUSION_HEADS, WIDTH // FUSION_HEADS).transpose(1, 2)
        context = F.scaled_dot_product_attention(
            heads(asked[:, None]), heads(self.key(everything)), heads(self.value(everything)), attn_mask=allowed[:, None, None, :]
        )
        context = context.transpose(1, 2).reshape(batch, WIDTH)
        return self.norm(self.output(context) + asked)


class Student(nn.Module):
    def __init__(self, real):
        super().__init__()
        self.real = real
        config = BertConfig(
            vocab_size=11, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=5,
            max_position_embeddings=8, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.pictures = Views()
        if real == "picture":
            self.texts = Texts()
            self.missing_picture = nn.Parameter(torch.randn(1, WIDTH) * 0.5)
        query_width = 2 * HIDDEN if real == "text" else WIDTH
        self.fusion = Fusion(query_width)
        self.classifier = nn.Linear(query_width + WIDTH, RELATIONS)

    def pair(self, x):
        hidden = self.encoder(input_ids=x["input_ids"], attention_mask=x["attention_mask"]).last_hidden_state
        mean = lambda spans: torch.stack([row[a:b].mean(0) for row, (a, b) in zip(hidden, spans.tolist())])
        return torch.cat([mean(x["head_span"]), mean(x["tail_span"])], dim=1)

    def parts(self, x):
        if self.real == "text":
            return self.pair(x), self.pictures(x["view_maps"], x["view_logits"])
        batch, views = x["view_mask"].shape
        present = x["picture_mask"]
        query = self.pictures(x["picture_maps"], x["picture_logits"]) * present + self.missing_picture * (1 - present)
        return query, self.texts(self.pair(x).reshape(batch, views, -1))

    def classify(self, query, views, mask):
        return self.classifier(torch.cat([query, self.fusion(query, views, mask)], dim=1))

    def forward(self, x):
        return self.classify(*self.parts(x), x["view_mask"])

    def each(self, x):
        """Every view alone."""
        query, views = self.parts(x)
        mask = x["view_mask"]
        return torch.stack([self.classify(query, views[:, i : i + 1], mask[:, i : i + 1]) for i in range(mask.shape[1])], dim=1)


def case(real, seed):
    torch.manual_seed(seed)
    model = Student(real).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    batch, views, length = 3, 2, 6
    texts = batch if real == "text" else batch * views
    lengths = torch.randint(4, length + 1, (texts,))
    attention_mask = (torch.arange(length)[None] < lengths[:, None]).long()
    x = {
        "input_ids": torch.randint(1, 11, (texts, length)) * attention_mask,
        "attention_mask": attention_mask,
        "head_span": torch.tensor([[0, 2]] * texts),
        "tail_span": torch.tensor([[2, 3]] * texts),
        "view_mask": torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]),
    }
    if real == "text":
        x |= {"view_maps": torch.randn(batch, views, MAPS), "view_logits": 5 * torch.randn(batch, views, CLASSES)}
    else:
        x |= {
            "picture_maps": torch.randn(batch, MAPS),
            "picture_logits": 5 * torch.randn(batch, CLASSES),
            "picture_mask": torch.tensor([[1.0], [0.0], [1.0]]),
        }
    labels = torch.tensor([0, 2, 1])
    logits = model(x)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    numbers = lambda tensor: [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]
    tensor = lambda t: {"shape": list(t.shape), "data": numbers(t)}
    return {
        "real": real,
        "weights": {name: tensor(p) for name, p in model.named_parameters()},
        "inputs": {name: {"dtype": "int64" if not t.is_floating_point() else "float32", **tensor(t)} for name, t in x.items()},
        "labels": labels.tolist(),
        "logits": numbers(logits),
        "each": numbers(model.each(x)),
        "loss": loss.item(),
        "gradients": {name: tensor(p.grad) for name, p in model.named_parameters() if p.grad is not None},
    }


if __name__ == "__main__":
    sizes = {
        "encoder": {"vocabSize": 11, "hiddenSize": HIDDEN, "layers": LAYERS, "heads": HEADS, "intermediateSize": 5, "maxPositions": 8},
        "fusion": {"width": WIDTH, "heads": FUSION_HEADS},
        "picture": {"maps": MAPS, "classes": CLASSES},
        "relations": RELATIONS,
    }
    print(json.dumps({"sizes": sizes, "cases": [case("text", 1), case("picture", 2)]}))

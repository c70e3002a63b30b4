"""Write test/golden/detectors: two small random detectors as ONNX files, with what transformers finds with them in a picture.

    pip install torch==2.13.0 transformers onnx pillow numpy
    python3 test/reference/make_detector_cases.py

The files were made with transformers 5.23.0. Networks, export and post-processing are the published ones, only the weights are random: YOLOS
has the outputs of DETR, OWL-ViT those of a detector that is asked in words.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import (
    OwlViTConfig,
    OwlViTForObjectDetection,
    OwlViTImageProcessor,
    YolosConfig,
    YolosForObjectDetection,
    YolosImageProcessor,
)

ROOT = Path(__file__).resolve().parents[1] / "golden" / "detectors"
WIDTH, HEIGHT = 75, 50
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
TOKENS = 16
# The text encoder takes its state at the largest id, so the separator comes last.
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "a", "photo", "of", "brown", "horse", "lake", "[SEP]"]
QUERIES = ["Lake", "brown horse"]
KEEP_ALL = {"maxObjects": 100, "minAreaShare": 0, "iouThreshold": 1}


class Outputs(torch.nn.Module):
    """The two outputs that exporters keep."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs):
        outputs = self.model(**dict(zip(self.names, inputs)))
        return outputs.logits, outputs.pred_boxes


def randomize(model, deviation, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data = torch.randn(parameter.shape, generator=generator) * deviation
    return model.eval()


def pixels(picture, width, height, statistics, resample):
    mean, deviation = (np.array(values, dtype=np.float32) for values in statistics)
    values = np.asarray(picture.resize((width, height), resample), dtype=np.float32) / 255
    return torch.from_numpy(((values - mean) / deviation).transpose(2, 0, 1)[None].astype(np.float32))


def write(name, model, inputs, axes, description, processor, threshold):
    export = Outputs(model, list(inputs))
    with torch.no_grad():
        outputs = model(**inputs)
    if threshold is None:  # half of the boxes
        threshold = round(float(torch.sigmoid(outputs.logits.max(-1).values).median()), 4)
    sizes = torch.tensor([[HEIGHT, WIDTH]])
    found = processor.post_process_object_detection(outputs, threshold=threshold, target_sizes=sizes)[0]
    torch.onnx.export(
        export,
        tuple(inputs.values()),
        str(ROOT / f"{name}.onnx"),
        input_names=list(inputs),
        output_names=["logits", "pred_boxes"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    mean, deviation = description.pop("statistics")
    fields = {
        "model": f"{name}.onnx",
        "input": "pixel_values",
        "mean": mean,
        "deviation": deviation,
        "scoreThreshold": threshold,
    }
    (ROOT / f"{name}.json").write_text(json.dumps({**description, **fields, **KEEP_ALL}, indent=2) + "\n")
    return {
        "detector": name,
        "scores": [round(score, 5) for score in found["scores"].tolist()],
        "labels": found["labels"].tolist(),
        "boxes": [[round(side, 3) for side in box] for box in found["boxes"].tolist()],
    }


def main():
    warnings.filterwarnings("ignore")
    ROOT.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.BICUBIC)
    picture.save(ROOT / "picture.png")
    (ROOT / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    eager = {"attn_implementation": "eager"}

    yolos = YolosForObjectDetection(
        YolosConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            image_size=[32, 48],
            patch_size=16,
            num_detection_tokens=20,
            num_labels=3,
            use_mid_position_embeddings=False,
            **eager,
        )
    )
    yolos_case = write(
        "yolos",
        randomize(yolos, 0.35, 3),
        {"pixel_values": pixels(picture, 48, 32, IMAGENET, Image.BILINEAR)},
        None,
        {
            "layout": "detr",
            "resize": {"kind": "exact", "width": 48, "height": 32},
            "statistics": IMAGENET,
            "classes": ["first", "second", "third"],
        },
        YolosImageProcessor(),
        0.4,
    )

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    owl = OwlViTForObjectDetection(
        OwlViTConfig(
            text_config={**sizes, "vocab_size": len(WORDS), "max_position_embeddings": TOKENS},
            vision_config={**sizes, "image_size": 48, "patch_size": 12},
            projection_dim=16,
            **eager,
        )
    )
    ids = torch.zeros(len(QUERIES), TOKENS, dtype=torch.int64)
    for row, query in enumerate(QUERIES):
        words = ["[CLS]", "a", "photo", "of", *query.lower().split(), "[SEP]"]
        ids[row, : len(words)] = torch.tensor([WORDS.index(word) for word in words])
    owl_case = write(
        "owl-vit",
        randomize(owl, 0.5, 5),
        {
            "pixel_values": pixels(picture, 48, 48, CLIP, Image.BICUBIC),
            "input_ids": ids,
            "attention_mask": (ids > 0).to(torch.int64),
        },
        {"input_ids": {0: "queries"}, "attention_mask": {0: "queries"}, "logits": {2: "queries"}},
        {
            "layout": "owl-vit",
            "resize": {"kind": "exact", "width": 48, "height": 48},
            "resample": "bicubic",
            "statistics": CLIP,
        },
        OwlViTImageProcessor(),
        None,
    )
    cases = [yolos_case, owl_case]
    (ROOT / "expected.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    print([(case["detector"], len(case["boxes"])) for case in cases])


if __name__ == "__main__":
    main()

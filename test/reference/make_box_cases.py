"""Writes test/golden/boxes.jsonl: overlaps, corner conversion and non-maximum suppression by torchvision.ops, for drawn boxes.

    pip install torch==2.13.0 torchvision==0.28.0
    python3 test/reference/make_box_cases.py
"""

import json
from pathlib import Path

import torch
from torchvision.ops import box_convert, box_iou, nms

TARGET = Path(__file__).resolve().parents[1] / "golden" / "boxes.jsonl"
BOXES = 30


def drawn(generator: torch.Generator, spread: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes as centre and size, in quarters, and scores without ties."""
    centers = (torch.rand(BOXES, 2, generator=generator) * spread * 4).round() / 4
    sizes = (torch.rand(BOXES, 2, generator=generator) * 40 + 8).mul(4).round() / 4
    scores = (torch.randperm(BOXES, generator=generator) + 1) / (BOXES + 1)
    return torch.cat([centers, sizes], dim=1), scores


def main() -> None:
    generator = torch.Generator().manual_seed(20)
    cases = []
    for spread, threshold in ((20.0, 0.3), (15.0, 0.5), (8.0, 0.7), (200.0, 0.0)):
        centers, scores = drawn(generator, spread)
        corners = box_convert(centers, "cxcywh", "xyxy")
        overlaps = box_iou(corners, corners)
        if (overlaps - threshold).abs().min() < 1e-6 and threshold > 0:
            raise SystemExit("an overlap stands on the threshold: draw again")
        cases.append(
            {
                "threshold": threshold,
                "centers": centers.tolist(),
                "corners": corners.tolist(),
                "scores": [round(score, 6) for score in scores.tolist()],
                "overlapWithFirst": [round(value, 6) for value in overlaps[0].tolist()],
                "kept": nms(corners, scores, threshold).tolist(),
            }
        )
    lines = [json.dumps(case, separators=(",", ":")) + "\n" for case in cases]
    TARGET.write_text("".join(lines))
    print(TARGET, [len(case["kept"]) for case in cases])


if __name__ == "__main__":
    main()

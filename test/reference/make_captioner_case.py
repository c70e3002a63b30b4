"""Write test/golden/captioner: a very small random captioner as ONNX files in the layout of transformers.js, with what transformers says with it.

    pip install torch==2.13.0 transformers onnx pillow numpy
    python3 test/reference/make_captioner_case.py && npx biome check --write test/golden/captioner

The files were made with transformers 5.23.0. expected.json holds pictures, row by row, and their captions by greedy search.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from transformers import (
    DynamicCache,
    EncoderDecoderCache,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
    ViTImageProcessor,
    ViTModel,
)

ROOT = Path(__file__).resolve().parents[1] / "golden" / "captioner"
SIDE, HIDDEN, HEADS, TOKENS = 8, 8, 2, 7
WORDS = ["<end>", "<unknown>", "a", "the", "red", "blue", "dark", "dog", "lake", "sky", "on", "near", "and", "two", "small", "old"]
SHARED = {"hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": HEADS}


def randomize(model, deviation, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data = torch.randn(parameter.shape, generator=generator) * deviation
    return model.eval()


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixels):
        return self.model(pixels).last_hidden_state


class Decoder(torch.nn.Module):
    """One step: the keys and values of what was said before go in, those of all that is said now come out."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, states, keys, values):
        said = DynamicCache()
        said.update(keys, values, 0)
        cache = EncoderDecoderCache(said, DynamicCache())
        before, now = keys.shape[2], ids.shape[1]
        positions = torch.arange(before, before + now)
        later = torch.arange(before + now)[None] > positions[:, None]
        mask = torch.where(later, torch.finfo(torch.float32).min, 0.0)[None, None]
        logits = self.model(input_ids=ids, attention_mask=mask, position_ids=positions[None], encoder_hidden_states=states,
                            past_key_values=cache, use_cache=True).logits
        return logits, said.layers[0].keys, said.layers[0].values


def export(model, name, inputs, outputs, axes):
    place = ROOT / "onnx" / f"{name}.onnx"
    torch.onnx.export(model.eval(), tuple(inputs.values()), place, input_names=list(inputs), output_names=outputs,
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    stored = onnx.load(place)
    for node in stored.graph.node:
        node.name = ""
    onnx.save(stored, place)


shutil.rmtree(ROOT, ignore_errors=True)
(ROOT / "onnx").mkdir(parents=True)
vision = ViTConfig(**SHARED, intermediate_size=12, image_size=SIDE, patch_size=4, attn_implementation="eager")
text = GPT2Config(vocab_size=len(WORDS), n_positions=16, n_embd=HIDDEN, n_layer=1, n_head=HEADS, n_inner=12, bos_token_id=0,
                  eos_token_id=0, add_cross_attention=True, is_decoder=True, attn_implementation="eager")
config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(vision, text)
config.decoder_start_token_id, config.eos_token_id, config.pad_token_id = 0, 0, 0
model = VisionEncoderDecoderModel(config=config, encoder=ViTModel(vision, add_pooling_layer=False), decoder=GPT2LMHeadModel(text))
randomize(model, 0.9, 9)
model.generation_config.update(decoder_start_token_id=0, eos_token_id=0, pad_token_id=0, bos_token_id=0)

export(Encoder(model.encoder), "encoder_model", {"pixel_values": torch.zeros(1, 3, SIDE, SIDE)}, ["last_hidden_state"],
       {"pixel_values": {0: "batch"}})
past = torch.zeros(1, HEADS, 2, HIDDEN // HEADS)
before, after = {0: "batch_size", 2: "before"}, {0: "batch_size", 2: "after"}
export(Decoder(model.decoder), "decoder_model_merged",
       {"input_ids": torch.zeros(1, 3, dtype=torch.int64), "encoder_hidden_states": torch.zeros(1, 5, HIDDEN),
        "past_key_values.0.key": past, "past_key_values.0.value": past},
       ["logits", "present.0.key", "present.0.value"],
       {"input_ids": {0: "batch_size", 1: "length"}, "encoder_hidden_states": {0: "batch_size"},
        "past_key_values.0.key": before, "past_key_values.0.value": before,
        "logits": {0: "batch_size", 1: "length"}, "present.0.key": after, "present.0.value": after})

special = [{"id": i, "content": WORDS[i], "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
           for i in (0, 1)]
definition = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
    "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None,
    "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(WORDS)}, "unk_token": "<unknown>"},
}
processor = ViTImageProcessor(size={"height": SIDE, "width": SIDE})
for name, content in {
    "tokenizer.json": definition,
    "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>", "bos_token": "<end>",
                              "unk_token": "<unknown>", "pad_token": "<end>"},
    "config.json": {"model_type": "vision-encoder-decoder", "is_encoder_decoder": True, "decoder_start_token_id": 0,
                    "eos_token_id": 0, "pad_token_id": 0,
                    "encoder": {"model_type": "vit", **SHARED, "image_size": SIDE, "patch_size": 4},
                    "decoder": {"model_type": "gpt2", "n_embd": HIDDEN, "n_head": HEADS, "n_layer": 1, "vocab_size": len(WORDS)}},
    "generation_config.json": {"decoder_start_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "bos_token_id": 0},
    "preprocessor_config.json": {"image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True,
                                 "do_normalize": True, "size": {"height": SIDE, "width": SIDE}, "resample": 2,
                                 "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "rescale_factor": 1 / 255},
}.items():
    (ROOT / name).write_text(json.dumps(content) + "\n")

tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(ROOT / "tokenizer.json"), eos_token="<end>", pad_token="<end>")
cases = []
for seed in range(6):
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    if seed > 2:
        pixels[:] = pixels[0, 0]
    values = processor(Image.fromarray(pixels), return_tensors="pt").pixel_values
    with torch.no_grad():
        ids = model.generate(values, max_new_tokens=TOKENS, do_sample=False, num_beams=1)
    cases.append({"pixels": pixels.ravel().tolist(), "caption": tokenizer.decode(ids[0], skip_special_tokens=True).strip()})
(ROOT / "expected.json").write_text(json.dumps({"side": SIDE, "tokens": TOKENS, "cases": cases}) + "\n")
print([case["caption"] for case in cases])

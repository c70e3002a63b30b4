"""Write test/golden/diffusion: a very small random Stable Diffusion as ONNX files in the diffusers layout, with what diffusers makes with it.

    pip install torch==2.13.0 transformers diffusers onnx numpy
    python3 test/reference/make_diffusion_cases.py && npx biome check --write test/golden/diffusion

The files were made with diffusers 0.42.1 and transformers 5.23.0. Networks, tokenizer, export and loop are the published ones, only the weights
are random. expected.jsonl holds a line per picture: prompts, settings, the noise, the latents and the picture's bytes.
"""

import json
import shutil
from pathlib import Path

import diffusers
import numpy as np
import onnx
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

ROOT = Path(__file__).resolve().parents[1] / "golden" / "diffusion"
FOLDER = ROOT / "small-stable-diffusion"
WIDTH, HEIGHT = 16, 24
LENGTH, HIDDEN = 16, 8
MERGES = ["a n", "t h", "th e</w>", "o n</w>", "r e", "re d</w>", "d o", "do g</w>", "l a", "la k", "lak e</w>"]
NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
PROMPTS = [
    "A red dog on the lake",
    "Don't?  2,000 dogs \u2026 caf\u00e9",
    "the red dog on the lake and the dog on the red lake and the red dog on the red lake",
    "",
]
# Euler's timesteps are whole with 4 of 1000 steps: exported networks take whole ones only.
CASES = [
    {"scheduler": "ddim", "class": "DDIMScheduler", "prompt": PROMPTS[0], "negative": "", "guidance": 7.5, "steps": 4},
    {"scheduler": "pndm", "class": "PNDMScheduler", "prompt": PROMPTS[1], "negative": "the lake", "guidance": 3.0, "steps": 5},
    {"scheduler": "euler", "class": "EulerDiscreteScheduler", "prompt": PROMPTS[2], "negative": "", "guidance": 7.5, "steps": 4},
    {"scheduler": "euler-ancestral", "class": "EulerAncestralDiscreteScheduler", "prompt": PROMPTS[0], "negative": "on",
     "guidance": 2.0, "steps": 4},
    {"scheduler": "ddim", "class": "DDIMScheduler", "prompt": PROMPTS[0], "negative": "", "guidance": 1.0, "steps": 3},
]


def randomize(model, deviation, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data = torch.randn(parameter.shape, generator=generator) * deviation
    return model.eval()


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value) + "\n")


def tokenizer():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    extra = iter(range(256, 512))
    letters = [chr(b) for b in printable] + [chr(next(extra)) for b in range(256) if b not in printable]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair.split()) for pair in MERGES)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    place = FOLDER / "tokenizer"
    write(place / "vocab.json", {token: i for i, token in enumerate(tokens)})
    write(place / "merges.txt", "#version: 0.2\n" + "".join(f"{pair}\n" for pair in MERGES))
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "!"}
    write(place / "special_tokens_map.json", special)
    write(place / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, **special})
    return CLIPTokenizer.from_pretrained(place)


class Named(torch.nn.Module):
    """A network with the inputs and the one output that exporters keep."""

    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, *inputs):
        return self.call(*inputs)


def export(name, call, parts, inputs, outputs, axes, beside=False):
    module = Named(call)
    module.parts = torch.nn.ModuleList(parts)
    place = FOLDER / name / "model.onnx"
    place.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(module.eval(), tuple(inputs.values()), place, input_names=list(inputs), output_names=outputs,
                      dynamic_axes=axes, opset_version=14, do_constant_folding=True, dynamo=False)
    shorten(place, beside)


def shorten(place, beside):
    """Most of an exported file are long names of values; inputs and outputs keep theirs. Weights may go into a file of their own, as large ones do."""
    model = onnx.load(place)
    graph = model.graph
    names = {value.name: value.name for value in [*graph.input, *graph.output]} | {"": ""}
    short = lambda name: names.setdefault(name, f"v{len(names)}")
    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    for node in graph.node:
        node.name = ""
        for field in (node.input, node.output):
            renamed = [short(name) for name in field]
            del field[:]
            field.extend(renamed)
        assert not any(attribute.HasField("g") for attribute in node.attribute)
    onnx.save(model, place, save_as_external_data=beside, location="model.onnx_data")


def numbers(values):
    return [float(f"{value:.7g}") for value in np.asarray(values, dtype=np.float64).ravel()]


shutil.rmtree(FOLDER, ignore_errors=True)
words = tokenizer()
text = randomize(CLIPTextModel(CLIPTextConfig(
    vocab_size=len(words), hidden_size=HIDDEN, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=LENGTH, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
    pad_token_id=words.pad_token_id, attn_implementation="eager")), 0.3, 1)
unet = randomize(UNet2DConditionModel(
    sample_size=(HEIGHT // 2, WIDTH // 2), block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    cross_attention_dim=HIDDEN, attention_head_dim=4), 0.15, 2)
unet.set_attn_processor(diffusers.models.attention_processor.AttnProcessor())
vae = randomize(AutoencoderKL(
    block_out_channels=(4, 4), layers_per_block=1, norm_num_groups=2, latent_channels=4, scaling_factor=0.25,
    down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2), 0.2, 3)
vae.set_attn_processor(diffusers.models.attention_processor.AttnProcessor())

latent = torch.zeros(2, 4, HEIGHT // 2, WIDTH // 2)
states = torch.zeros(2, LENGTH, HIDDEN)
sizes = {0: "batch", 2: "height", 3: "width"}
export("text_encoder", lambda ids: tuple(text(ids).values())[:2], [text],
       {"input_ids": torch.zeros(2, LENGTH, dtype=torch.int32)}, ["last_hidden_state", "pooler_output"],
       {"input_ids": {0: "batch", 1: "sequence"}})
export("unet", lambda *inputs: unet(*inputs, return_dict=False)[0], [unet],
       {"sample": latent, "timestep": torch.zeros(2, dtype=torch.int64) + 3, "encoder_hidden_states": states}, ["out_sample"],
       {"sample": sizes, "timestep": {0: "batch"}, "encoder_hidden_states": {0: "batch", 1: "sequence"}, "out_sample": sizes},
       beside=True)
export("vae_decoder", lambda latents: vae.decode(latents, return_dict=False)[0], [vae.decoder, vae.post_quant_conv],
       {"latent_sample": latent}, ["sample"], {"latent_sample": sizes, "sample": sizes})
write(FOLDER / "unet" / "config.json", {"in_channels": 4, "sample_size": [HEIGHT // 2, WIDTH // 2]})
write(FOLDER / "vae_decoder" / "config.json", {"scaling_factor": 0.25, "latent_channels": 4, "block_out_channels": [4, 4]})
write(FOLDER / "scheduler" / "scheduler_config.json", {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "skip_prk_steps": True, "set_alpha_to_one": False, **NOISE})
write(FOLDER / "model_index.json", {"_class_name": "OnnxStableDiffusionPipeline", "_diffusers_version": "0.6.0",
                                    "safety_checker": [None, None]})

lines = []
for seed, case in enumerate(CASES):
    options = {"skip_prk_steps": True} if case["scheduler"] == "pndm" else {}
    if case["scheduler"] == "ddim":
        options = {"set_alpha_to_one": False, "clip_sample": False}
    scheduler = getattr(diffusers, case["class"])(**NOISE, **options)
    pipeline = StableDiffusionPipeline(vae=vae, text_encoder=text, tokenizer=words, unet=unet, scheduler=scheduler,
                                       safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    generator, twin = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    start = torch.from_numpy(np.random.default_rng(seed).standard_normal((1, 4, HEIGHT // 2, WIDTH // 2)).astype(np.float32))
    latents = pipeline(case["prompt"], negative_prompt=case["negative"], guidance_scale=case["guidance"],
                       num_inference_steps=case["steps"], height=HEIGHT, width=WIDTH, latents=start.clone(),
                       generator=generator, output_type="latent").images
    with torch.no_grad():
        picture = pipeline.image_processor.postprocess(vae.decode(latents / 0.25).sample, output_type="pil")[0]
        tokens = words(case["prompt"], padding="max_length", truncation=True, return_tensors="pt").input_ids
        context = text(tokens).last_hidden_state
    adds_noise = case["scheduler"] == "euler-ancestral"
    later = [torch.randn(start.shape, generator=twin) for _ in range(case["steps"])] if adds_noise else []
    lines.append(json.dumps({
        **{key: value for key, value in case.items() if key != "class"},
        "ids": tokens[0].tolist(),
        "states": numbers(context),
        "noise": [numbers(noise) for noise in [start, *later]],
        "latents": numbers(latents),
        "pixels": np.asarray(picture).ravel().tolist(),
    }))
(ROOT / "expected.jsonl").write_text("".join(f"{line}\n" for line in lines))

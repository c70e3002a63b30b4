"""Write the golden encoder cases in test/golden/encoders: small random models with what transformers computes for them.

Needs torch and transformers (the cases were made with 5.18.0). Each case covers what the published checkpoints do not show together:
rare activations, old configurations, strides in odd places, odd sizes. Run: python test/reference/make_encoder_cases.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertModel,
    CLIPConfig,
    CLIPModel,
    ResNetConfig,
    ResNetForImageClassification,
    RobertaConfig,
    RobertaModel,
    ViTConfig,
    ViTModel,
)

ROOT = Path(__file__).parent.parent / "golden" / "encoders"
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "attn_implementation": "eager"}


def write_case(name, model, inputs, run):
    for parameter in model.parameters():
        if parameter.dim():
            parameter.data += 0.05 * torch.randn_like(parameter)  # biases and norms start as zeros and ones
    for buffer_name, buffer in model.named_buffers():
        if buffer_name.endswith("running_mean"):
            buffer.data = 0.1 * torch.randn_like(buffer)
        if buffer_name.endswith("running_var"):
            buffer.data = 0.5 + torch.rand_like(buffer)
    model.eval()
    outputs = run(model, inputs)
    weights = {f"weight.{key}": torch.randn_like(value) for key, value in outputs.items()}
    loss = sum((value * weights[f"weight.{key}"]).mean() for key, value in outputs.items())
    loss.backward()
    folder = ROOT / name
    model.save_pretrained(folder)
    gradients = {f"grad.{key}": p.grad.contiguous() for key, p in model.named_parameters() if p.grad is not None}
    expected = {key: value.detach().contiguous() for key, value in outputs.items()}
    save_file({**inputs, **weights}, folder / "inputs.safetensors")
    save_file({**expected, "loss": loss.detach(), **gradients}, folder / "expected.safetensors")
    case = {"model": "encoder", "outputs": list(outputs), "tolerance": {"relative": 2e-4, "absolute": 2e-5}}
    (folder / "case.json").write_text(json.dumps(case, indent=2) + "\n", encoding="utf-8")


def run_text(model, inputs):
    hidden = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    return {"last_hidden_state": hidden * inputs["attention_mask"][..., None]}


def run_clip(model, inputs):
    result = model(**inputs)
    return {
        "text_embeds": result.text_embeds,
        "image_embeds": result.image_embeds,
        "vision_last_hidden_state": result.vision_model_output.last_hidden_state,
    }


def run_vit(model, inputs):
    return {"last_hidden_state": model(inputs["pixel_values"]).last_hidden_state}


def run_resnet(model, inputs):
    result = model(inputs["pixel_values"], output_hidden_states=True)
    stages = {f"stage_{i}": stage for i, stage in enumerate(result.hidden_states[1:], 1)}
    return {"logits": result.logits, **stages}


def text_inputs(vocabulary, rows, length, used, padding):
    ids = torch.randint(3, vocabulary, (rows, length))
    mask = torch.ones_like(ids)
    mask[-1, used:] = 0
    ids[-1, used:] = padding
    return {"input_ids": ids, "attention_mask": mask}


def clip_case(name, eos, activation):
    text = {
        "vocab_size": 30, "hidden_size": 8, "intermediate_size": 11, "num_hidden_layers": 1, "num_attention_heads": 2,
        "max_position_embeddings": 9, "eos_token_id": eos, "bos_token_id": 1, "pad_token_id": 0, "hidden_act": activation,
    }
    vision = {
        "hidden_size": 12, "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 13,
        "patch_size": 5, "num_channels": 1, "hidden_act": activation,
    }
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=7)
    config._attn_implementation = "eager"
    end = 29 if eos == 2 else eos
    ids = torch.randint(3, 28, (3, 8))
    ids[ids == end] = 4
    ids[:, 5] = end
    ids[0, 2] = end  # the first end counts
    mask = torch.ones_like(ids)
    mask[:, 6:] = 0
    ids[:, 6:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask, "pixel_values": torch.randn(2, 1, 13, 13)}
    write_case(name, CLIPModel(config), inputs, run_clip)


def resnet_case(name, shape, **settings):
    config = ResNetConfig(num_channels=shape[1], **settings)
    write_case(name, ResNetForImageClassification(config), {"pixel_values": torch.randn(*shape)}, run_resnet)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    bert = BertConfig(vocab_size=40, hidden_size=15, num_hidden_layers=1, num_attention_heads=5, intermediate_size=13,
                      max_position_embeddings=9, hidden_act="gelu_new", **NO_DROPOUT)
    write_case("bert-gelu-new", BertModel(bert, add_pooling_layer=False), text_inputs(40, 2, 5, 3, 0), run_text)
    roberta = RobertaConfig(vocab_size=1100, hidden_size=4, num_hidden_layers=2, num_attention_heads=2, intermediate_size=7,
                            max_position_embeddings=1050, type_vocab_size=2, **NO_DROPOUT)
    write_case("roberta-long-tables", RobertaModel(roberta, add_pooling_layer=False), text_inputs(1100, 3, 21, 9, 1), run_text)
    clip_case("clip-legacy-eos", 2, "gelu")
    clip_case("clip-first-eos", 17, "quick_gelu")
    vit = ViTConfig(hidden_size=12, num_hidden_layers=1, num_attention_heads=4, intermediate_size=9, image_size=16, patch_size=7,
                    num_channels=2, qkv_bias=False, hidden_act="gelu_pytorch_tanh", **NO_DROPOUT)
    write_case("vit-no-bias", ViTModel(vit, add_pooling_layer=False), {"pixel_values": torch.randn(1, 2, 16, 16)}, run_vit)
    resnet_case("resnet-early-stride", (2, 3, 45, 38), embedding_size=4, hidden_sizes=[4, 8, 8], depths=[2, 1, 2],
                layer_type="bottleneck", downsample_in_bottleneck=True, num_labels=5)
    resnet_case("resnet-gelu-first-stage", (1, 2, 64, 64), embedding_size=4, hidden_sizes=[4, 4, 6, 8], depths=[1, 1, 2, 1],
                layer_type="basic", downsample_in_first_stage=True, hidden_act="gelu", num_labels=3)


if __name__ == "__main__":
    main()

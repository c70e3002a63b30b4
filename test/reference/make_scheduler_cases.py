"""Write test/golden/diffusion/schedulers.jsonl: what the schedulers of diffusers make of fixed network outputs, step by step.

    pip install torch==2.13.0 diffusers numpy
    python3 test/reference/make_scheduler_cases.py

The file was made with diffusers 0.42.1. A line is a case: the scheduler's configuration, the number of steps, its timesteps, the first
sample, the factor on the sample before each call, the network's output at each call, the noise where the scheduler adds any, and the sample
after each step.
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch

PLACE = Path(__file__).resolve().parents[1] / "golden" / "diffusion" / "schedulers.jsonl"
ELEMENTS = 3

STABLE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
CASES = [
    ("DDIMScheduler", {**STABLE, "clip_sample": False, "set_alpha_to_one": False}, 6),
    ("DDIMScheduler", {**STABLE, "clip_sample": False, "set_alpha_to_one": False, "prediction_type": "v_prediction"}, 5),
    ("DDIMScheduler", {**STABLE, "clip_sample": False, "prediction_type": "sample", "timestep_spacing": "linspace"}, 5),
    ("DDIMScheduler", {"clip_sample": True, "steps_offset": 0}, 4),
    ("DDIMScheduler", {"clip_sample": True, "clip_sample_range": 0.5, "steps_offset": 0, "beta_schedule": "squaredcos_cap_v2"}, 4),
    ("DDIMScheduler", {**STABLE, "clip_sample": False, "prediction_type": "v_prediction", "rescale_betas_zero_snr": True,
                       "timestep_spacing": "trailing"}, 5),
    ("DDIMScheduler", {**STABLE, "clip_sample": False, "timestep_spacing": "trailing"}, 16),
    ("DDIMScheduler", {"num_train_timesteps": 6, "trained_betas": [0.01, 0.02, 0.05, 0.1, 0.2, 0.3], "clip_sample": False, "steps_offset": 0}, 3),
    ("PNDMScheduler", {**STABLE, "skip_prk_steps": True, "set_alpha_to_one": False}, 8),
    ("PNDMScheduler", {**STABLE, "skip_prk_steps": True, "prediction_type": "v_prediction", "set_alpha_to_one": True}, 6),
    ("PNDMScheduler", {**STABLE, "skip_prk_steps": True, "timestep_spacing": "trailing"}, 3),
    ("PNDMScheduler", {**STABLE, "skip_prk_steps": True, "timestep_spacing": "linspace"}, 7),
    ("PNDMScheduler", {**STABLE, "skip_prk_steps": True}, 1),
    ("EulerDiscreteScheduler", {**STABLE}, 6),
    ("EulerDiscreteScheduler", {**STABLE, "timestep_spacing": "leading"}, 6),
    ("EulerDiscreteScheduler", {**STABLE, "timestep_spacing": "trailing", "prediction_type": "v_prediction",
                                "rescale_betas_zero_snr": True}, 5),
    ("EulerDiscreteScheduler", {**STABLE, "prediction_type": "sample", "final_sigmas_type": "sigma_min"}, 4),
    ("EulerDiscreteScheduler", {"beta_schedule": "squaredcos_cap_v2"}, 4),
    ("EulerDiscreteScheduler", {"beta_schedule": "linear"}, 3),
    ("EulerAncestralDiscreteScheduler", {**STABLE}, 6),
    ("EulerAncestralDiscreteScheduler", {**STABLE, "timestep_spacing": "leading", "prediction_type": "v_prediction"}, 5),
    ("EulerAncestralDiscreteScheduler", {**STABLE, "timestep_spacing": "trailing"}, 4),
]


def numbers(tensor):
    return [float(f"{value:.8g}") for value in np.asarray(tensor, dtype=np.float64).ravel()]


def case(name, config, steps, seed):
    scheduler = getattr(diffusers, name)(**config)
    scheduler.set_timesteps(steps)
    random = np.random.default_rng(seed)
    draw = lambda: torch.from_numpy(random.standard_normal((1, 1, 1, ELEMENTS)).astype(np.float32))
    sample = draw() * scheduler.init_noise_sigma
    generator, twin = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    adds_noise = name == "EulerAncestralDiscreteScheduler"
    result = {
        "config": {"_class_name": name, **config},
        "steps": steps,
        "timesteps": [float(t) for t in scheduler.timesteps],
        "initialDeviation": float(scheduler.init_noise_sigma),
        "start": numbers(sample),
        "scales": [],
        "outputs": [],
        "noise": [],
        "samples": [],
    }
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(sample, timestep)
        result["scales"].append(float((scaled / sample).mean()))
        output = draw()
        result["outputs"].append(numbers(output))
        if adds_noise:
            result["noise"].append(numbers(torch.randn(output.shape, generator=twin)))
        options = {"generator": generator} if adds_noise else {}
        sample = scheduler.step(output, timestep, sample, **options).prev_sample
        result["samples"].append(numbers(sample))
    return result


PLACE.parent.mkdir(parents=True, exist_ok=True)
lines = [json.dumps(case(name, config, steps, seed)) for seed, (name, config, steps) in enumerate(CASES)]
PLACE.write_text("".join(f"{line}\n" for line in lines))

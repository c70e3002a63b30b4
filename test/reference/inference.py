"""The peer of `relata bench predict`: the same weights and batches in PyTorch, one step is a pass over all batches.

`relata bench predict --against "python3 test/reference/inference.py --serve ..."` appends `--bench <folder>`. Settings that nobody can know
beforehand are tried at the start, and the fastest is served by a fresh process: one batch on all threads or one batch per thread, and for
bf16 the whole model cast or autocast.
"""

import argparse
import itertools
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from measuring import add_arguments, machine, restart_with_environment, run_steps, set_precision

TRIALS = 3  # passes per setting; the fastest counts


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser, warmup=1, steps=7)
    parser.add_argument("--bench", required=True, help="folder that `relata bench predict` wrote")
    parser.add_argument("--workers", type=int, help="batches at a time; both 1 and --threads are tried without it")
    parser.add_argument("--compile", action="store_true", help="torch.compile with frozen weights; takes minutes, once per length")
    parser.add_argument("--bf16", choices=["cast", "autocast"], help="how to be bf16; both are tried without it")
    return parser.parse_args()


class Setting:
    """A model, its batches, and how many of them run at a time."""

    def __init__(self, torch, loaded, threads, workers, how):
        self.torch, self.workers, self.how = torch, workers, how
        self.model, self.batches = loaded[how]
        self.no_gradients = torch.inference_mode
        self.threads = threads // workers
        self.pool = ThreadPoolExecutor(workers, initializer=lambda: torch.set_num_threads(self.threads)) if workers > 1 else None

    def forward(self, batch):
        context = self.torch.autocast("cpu", dtype=self.torch.bfloat16) if self.how == "autocast" else nullcontext()
        with self.no_gradients(), context:
            return self.model(batch)

    def compile(self):
        import torch._inductor.config

        torch._inductor.config.freezing = True  # weights become constants in the layout that oneDNN likes
        self.model = self.torch.compile(self.model)
        self.no_gradients = self.torch.no_grad  # freezing refuses inference mode
        self.run()

    def run(self):
        start = time.perf_counter()
        if self.pool:
            logits = list(self.pool.map(self.forward, self.batches))
        else:
            self.torch.set_num_threads(self.threads)
            logits = [self.forward(batch) for batch in self.batches]
        return time.perf_counter() - start, logits

    def name(self):
        return f"{self.workers} x {self.threads} threads{'' if self.how == 'plain' else ', ' + self.how}"


def fastest(settings):
    """The fastest setting, and every setting's best time; they take turns."""
    times = {}
    for _ in range(TRIALS):
        for setting in settings:
            times.setdefault(setting, []).append(setting.run()[0])
    best = {setting: min(seconds) for setting, seconds in times.items()}
    return min(best, key=best.get), {setting.name(): round(seconds, 4) for setting, seconds in best.items()}


def main():
    args = parse()
    restart_with_environment(args)
    import torch
    from safetensors.torch import save_file

    from inference_model import load

    precision = set_precision(torch, args)
    dtypes = {"plain": torch.float32, "cast": torch.bfloat16, "autocast": torch.float32}
    ways = ["plain"] if args.precision != "bf16" else [args.bf16] if args.bf16 else ["cast", "autocast"]
    loaded = {how: load(args.bench, dtypes[how]) for how in ways}
    counts = [args.workers] if args.workers else sorted({1, args.threads})
    settings = [Setting(torch, loaded, args.threads, workers, how) for how, workers in itertools.product(ways, counts)]
    if len(settings) > 1:
        chosen, tried = fastest(settings)
        settled = ["--workers", str(chosen.workers), *(["--bf16", chosen.how] if args.precision == "bf16" else [])]
        os.environ["RELATA_REFERENCE_TRIED"] = json.dumps(tried)
        os.execv(sys.executable, [sys.executable, *sys.argv, *settled])  # what the others took does not count as this one's memory
    chosen = settings[0]
    if args.compile:
        chosen.compile()
    _, logits = chosen.run()
    outputs = Path(args.bench) / f"scores-{args.precision}-{time.time_ns()}.safetensors"
    save_file({f"{i}/logits": scores.contiguous() for i, scores in enumerate(logits)}, outputs)
    samples = sum(batch["input_ids"].shape[0] for batch in chosen.batches)

    def step(_index):
        seconds, scores = chosen.run()
        return {"seconds": seconds, "phases": {"forward": seconds}, "samples": samples, "loss": scores[0].mean().item()}

    description = {"script": "inference", "setting": chosen.name(), "compiled": args.compile, "tried": json.loads(os.environ.get("RELATA_REFERENCE_TRIED", "{}")), "outputs": str(outputs), **precision, "machine": machine(torch, args)}
    run_steps(args, description, step)


if __name__ == "__main__":
    sys.exit(main())

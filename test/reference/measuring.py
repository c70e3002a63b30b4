"""How every reference script measures: process settings, precision, rates, timing, the JSON lines and the serve loop.

Not a model and not a benchmark: `train_step.py`, `i2srm_epoch.py` and `inference.py` hold those.
"""

import json
import os
import statistics
import sys
import time

MAX_FP32_ERROR = 1e-5  # relative error of a product against float64; fp32 gives about 4e-7, bf16 2e-3
ONEDNN_GAIN = 1.15  # `fp32` takes oneDNN only when it beats MKL by more than the noise of a shared machine
GEMM = (1024, 768, 3072)  # BERT-base's feed-forward product at 16 x 64 tokens

PRECISIONS = {
    "fp32": "the faster of the fp32 libraries on this machine, measured at start",
    "fp32-mkl": "MKL, PyTorch's default",
    "fp32-onednn": "oneDNN without AMX and AVX512-BF16, so that products stay fp32 on every machine",
    "medium": "set_float32_matmul_precision('medium') as users write it; bf16 arithmetic where the processor has AMX or AVX512-BF16",
    "bf16": "bf16 products: autocast, or what the script says",
}

# Keep freed pages (fresh pages are slow, in virtual machines above all) and let the rest be huge pages.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
ALLOCATOR_HUGE = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def add_arguments(parser, *, warmup=3, steps=12):
    parser.add_argument("--precision", choices=list(PRECISIONS), default="fp32", help="; ".join(f"{k}: {v}" for k, v in PRECISIONS.items()))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--warmup", type=int, default=warmup)
    parser.add_argument("--allocator", choices=["default", "keep", "huge", "keep-huge"], default="keep-huge", help="glibc settings of the process")
    parser.add_argument("--serve", action="store_true", help="read 'step' and 'quit' from stdin, answer each with one JSON line")
    parser.add_argument("--seed", type=int, default=0)


def restart_with_environment(args):
    """Start this process again with the environment that `args` ask for: malloc and oneDNN read theirs once."""
    wanted = {"OMP_NUM_THREADS": str(args.threads), "MKL_NUM_THREADS": str(args.threads)}
    if "keep" in args.allocator:
        wanted |= ALLOCATOR
    if "huge" in args.allocator:
        wanted |= ALLOCATOR_HUGE
    if args.precision in ("fp32", "fp32-mkl", "fp32-onednn"):
        wanted["ONEDNN_MAX_CPU_ISA"] = "AVX512_CORE"
    if os.environ.get("RELATA_REFERENCE_STARTED") == "1":
        return
    environment = {**os.environ, **wanted, "RELATA_REFERENCE_STARTED": "1"}
    environment.setdefault("TOKENIZERS_PARALLELISM", "false")
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def gemm_rates(torch, settings, dtype, repeats=20):
    """{name: (GFLOP/s, relative error against float64)} of x @ w.T, a Linear layer's product, for each {name: matmul precision}.

    The settings take turns and the fastest product counts: another process's load only ever slows a product down.
    """
    m, k, n = GEMM
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(m, k, generator=generator)
    w = torch.randn(n, k, generator=generator)
    exact = x.double() @ w.double().t()
    x, w = x.to(dtype), w.to(dtype)
    fastest = dict.fromkeys(settings, float("inf"))
    errors = {}
    for _ in range(repeats):
        for name, setting in settings.items():
            torch.set_float32_matmul_precision(setting)
            x @ w.t()  # not timed: the other setting's product had the caches
            start = time.perf_counter()
            product = x @ w.t()
            fastest[name] = min(fastest[name], time.perf_counter() - start)
            errors[name] = product
    errors = {name: ((product.double() - exact).norm() / exact.norm()).item() for name, product in errors.items()}
    return {name: (2 * m * k * n / fastest[name] / 1e9, errors[name]) for name in settings}


def set_precision(torch, args):
    """Set what `args.precision` names; exit when something called fp32 does not compute in fp32."""
    torch.set_num_threads(args.threads)
    settings = {"fp32-mkl": "highest", "fp32-onednn": "medium", "medium": "medium", "bf16": "highest"}
    names = ["fp32-mkl", "fp32-onednn"] if args.precision == "fp32" else [args.precision]
    rates = gemm_rates(torch, {name: settings[name] for name in names}, torch.bfloat16 if args.precision == "bf16" else torch.float32)
    chosen = args.precision
    if args.precision == "fp32":
        accurate = {name: rate for name, (rate, error) in rates.items() if error <= MAX_FP32_ERROR}
        chosen = "fp32-onednn" if accurate.get("fp32-onednn", 0) > ONEDNN_GAIN * accurate.get("fp32-mkl", 0) else "fp32-mkl"
    torch.set_float32_matmul_precision(settings[chosen])
    rate, error = rates[chosen]
    if chosen.startswith("fp32") and error > MAX_FP32_ERROR:
        sys.exit(f"set_precision: {chosen} is not fp32 here: relative error {error:.1e} against float64 exceeds {MAX_FP32_ERROR:g}; use --precision fp32-mkl")
    return {
        "precision": chosen,
        "arithmetic": "fp32" if error <= MAX_FP32_ERROR else "bf16",
        "gemm": {"shape": GEMM, "gflops": round(rate, 1), "relativeError": error},
        "gemmCandidates": {name: {"gflops": round(r, 1), "relativeError": e} for name, (r, e) in rates.items()},
        "importedRssBytes": peak_rss_bytes(),  # torch's libraries alone; a CUDA build maps far more than the CPU build
    }


def autocast(torch, args):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.precision == "bf16")


def peak_rss_bytes():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("peak_rss_bytes: /proc/self/status has no VmHWM")


def load_average():
    with open("/proc/loadavg", encoding="ascii") as file:
        return float(file.read().split()[0])


def machine(torch, args):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        processor = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {"processor": processor, "threads": torch.get_num_threads(), "torch": torch.__version__, "allocator": args.allocator,
            "matmulPrecision": torch.get_float32_matmul_precision(), "onednnMaxIsa": os.environ.get("ONEDNN_MAX_CPU_ISA", "any")}


class Stopwatch:
    """Wall times of the named phases of one step."""

    def __init__(self):
        self.phases = {}
        self.last = time.perf_counter()

    def lap(self, phase):
        now = time.perf_counter()
        self.phases[phase] = self.phases.get(phase, 0.0) + now - self.last
        self.last = now


def emit(value):
    print(json.dumps(value), flush=True)


def run_steps(args, description, step):
    """Warm up, then time `args.steps` steps or serve them one by one. `step(index)` returns {seconds, ...phases..., loss}."""
    for index in range(args.warmup):
        step(index)
    if args.serve:
        emit({"ready": True, **description, "peakRssBytes": peak_rss_bytes()})
        index = args.warmup
        for line in sys.stdin:
            words = line.split()
            if not words:
                continue
            if words[0] == "quit":
                break
            if words[0] != "step" or len(words) > 2:
                emit({"error": f"serve: expected 'step', 'step <index>' or 'quit', got {line.strip()!r}"})
                continue
            number = int(words[1]) if len(words) == 2 else index
            emit({"step": number, **step(number), "peakRssBytes": peak_rss_bytes()})
            index += 1
        return
    load = load_average()
    results = [step(args.warmup + index) for index in range(args.steps)]
    summary = {"median": statistics.median(r["seconds"] for r in results)}
    for phase in results[0].get("phases", {}):
        summary[phase] = statistics.median(r["phases"][phase] for r in results)
    # One shape's steps differ by noise only: their median stands for each of them
    groups = {}
    for r in results:
        groups.setdefault(r.get("length"), []).append(r["seconds"])
    typical = sum(len(times) * statistics.median(times) for times in groups.values())
    samples = sum(r.get("samples", 0) for r in results)
    emit({**description, "seconds": [round(r["seconds"], 5) for r in results], **{k: round(v, 5) for k, v in summary.items()},
          "mean": round(typical / len(results), 5), "samplesPerSecond": round(samples / typical, 2),
          "loss": results[-1].get("loss"), "peakRssBytes": peak_rss_bytes(), "loadBefore": load, "loadAfter": load_average()})

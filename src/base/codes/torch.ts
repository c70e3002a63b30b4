// Codes of the engine that runs training steps under PyTorch.
import type { CodeTable } from "./code-table.ts";

/** Errors of `--engine torch`. */
export const TORCH_CODES = {
  "torch/no-python": {
    means: "The Python interpreter that `--python` or `RELATA_PYTHON` names could not be started.",
    remedy:
      "Name the `python` of an environment with PyTorch: `--python <file>`, or the variable `RELATA_PYTHON`.",
  },
  "torch/no-torch": {
    means: "The Python interpreter has no package `torch`.",
    remedy:
      "Install PyTorch for this interpreter (`python -m pip install torch`), or name another one with `--python`.",
  },
  "torch/old-torch": {
    means: "The interpreter's PyTorch is older than the oldest that relata's engine was tested with.",
    remedy:
      "Update PyTorch (`python -m pip install --upgrade torch`), or name another interpreter with `--python`.",
  },
  "torch/no-cuda": {
    means: "The device `cuda` was asked for, and PyTorch sees no NVIDIA GPU for one of the processes.",
    remedy:
      "Start at most as many processes as the machine has GPUs (`--nproc`), and install a build of PyTorch with CUDA. Use the device `cpu` otherwise.",
  },
  "torch/unknown-operator": {
    means: "A graph has an operator that the program for PyTorch does not know.",
    remedy:
      "Leave `--engine` out: onnxruntime runs every operator. An operator of relata's own that is missing is a bug; please report it.",
  },
  "torch/rank-failed": {
    fault: "work",
    means: "A process of the training ended before the run did: it was killed, or it met an error.",
    remedy:
      "The message has the process's rank, how it ended and its last words. Remove the cause and resume the run with `--resume`: it continues from its newest checkpoint.",
  },
  "torch/launch-failed": {
    fault: "work",
    means: "The processes of the training could not be started, or did not find each other.",
    remedy:
      "Read the last words in the message. With several machines, `--nnodes`, `--nproc` and `--rendezvous` must be the same on all, and the rendezvous port of the first machine must be reachable.",
  },
} as const satisfies CodeTable;

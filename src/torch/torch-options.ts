// Where and how training steps run under PyTorch.

/** Devices of the program for PyTorch. */
export type TorchDevice = "cpu" | "cuda";

/** Arithmetic of matrix products. Everything else is float32. */
export const TORCH_PRECISIONS = ["fp32", "tf32", "bf16"] as const;
/**
 * "fp32": float32. "tf32": on NVIDIA GPUs, factors with 10 bits after the point. "bf16": factors rounded to 7 bits after the point,
 * on any device.
 */
export type TorchPrecision = (typeof TORCH_PRECISIONS)[number];

/** Several machines: which one this is, and where the first one is reached. */
export interface TorchNodes {
  /** Number of machines. */
  readonly count: number;
  /** This machine's number, 0 for the first. */
  readonly rank: number;
  /** Host and port of the first machine, "10.0.0.1:29500". */
  readonly rendezvous: string;
}

/** How to start the processes. */
export interface TorchOptions {
  /** Python interpreter; default: `RELATA_PYTHON`, then "python3". */
  readonly python?: string | undefined;
  /** Default "cpu". */
  readonly device?: TorchDevice | undefined;
  /** Processes on this machine; default 1. With the device "cuda", each has a GPU. */
  readonly processes?: number | undefined;
  /** Default: this machine alone. */
  readonly nodes?: TorchNodes | undefined;
  /** Threads of each process on the CPU; default: the processors, divided by the processes. */
  readonly threads?: number | undefined;
  /** Default "fp32". */
  readonly precision?: TorchPrecision | undefined;
  /** Whether graphs are compiled with torch.compile; default false. */
  readonly compile?: boolean | undefined;
  /** Whether the ranks draw the dropout masks; default: on a GPU, which does it faster than the connection carries them. */
  readonly drawMasks?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

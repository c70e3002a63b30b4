// Options of commands that can run graphs under PyTorch instead of onnxruntime.
import { type Command, Option } from "commander";
import { ConfigError } from "../base/errors.ts";
import type { Device } from "../engine/devices.ts";
import {
  TORCH_PRECISIONS,
  type TorchDevice,
  type TorchOptions,
  type TorchPrecision,
} from "../torch/torch-options.ts";
import { parseCount, parsePositiveInteger } from "./option-parsers.ts";

export interface EngineOptions {
  readonly engine?: "onnxruntime" | "torch" | undefined;
  readonly python?: string | undefined;
  readonly torchPrecision?: TorchPrecision | undefined;
  readonly compile?: boolean | undefined;
}

export function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--engine <name>", "what runs the graphs (default: onnxruntime; docs/torch.md)").choices([
        "onnxruntime",
        "torch",
      ]),
    )
    .option(
      "--python <file>",
      "Python interpreter with PyTorch, for --engine torch (default: RELATA_PYTHON, then python3)",
    )
    .addOption(
      new Option("--torch-precision <name>", "matrix products of --engine torch (default: fp32)").choices(
        TORCH_PRECISIONS,
      ),
    )
    .option("--compile", "compile the graphs of --engine torch with torch.compile");
}

/** Options of a training with several processes. */
export interface RankOptions {
  readonly nproc?: number | undefined;
  readonly nnodes?: number | undefined;
  readonly nodeRank?: number | undefined;
  readonly rendezvous?: string | undefined;
}

export function addRankOptions(command: Command): Command {
  return command
    .option("--nproc <number>", "processes of --engine torch on each machine", parsePositiveInteger)
    .option(
      "--nnodes <number>",
      "machines of --engine torch; the command is given on each",
      parsePositiveInteger,
    )
    .option("--node-rank <number>", "this machine's number, 0 for the first, which has the data", parseCount)
    .option("--rendezvous <host:port>", "the first machine and a free port there, with --nnodes");
}

/** Returns how to start PyTorch; undefined for onnxruntime. @throws ConfigError `config/contradiction` */
export function torchOptions(
  options: EngineOptions & { readonly device?: Device | undefined; readonly threads?: number | undefined },
): TorchOptions | undefined {
  const { engine, python, torchPrecision: precision, compile, device, threads } = options;
  if (engine !== "torch") {
    const given = Object.entries({
      "--python": python,
      "--torch-precision": precision,
      "--compile": compile,
    });
    const first = given.find(([, value]) => value !== undefined)?.[0];
    if (first === undefined) return undefined;
    throw contradiction(
      `${first} is given without --engine torch`,
      first,
      "Add --engine torch, or leave it out.",
    );
  }
  if (device === "webgpu") {
    throw contradiction(
      "--engine torch does not run on webgpu",
      "--device",
      "Use the device cpu or cuda, or leave --engine out.",
    );
  }
  return { python, precision, compile, device: device satisfies TorchDevice | undefined, threads };
}

function contradiction(message: string, place: string, remedy: string): ConfigError {
  return new ConfigError({ code: "config/contradiction", message, place, remedy });
}

// The options of every command that runs a model: device, threads, library.
import { type Command, Option } from "commander";
import { runtimeOptions } from "../experiments/model/runtime-options.ts";
import { parsePositiveInteger } from "./option-parsers.ts";
import type { Output } from "./output.ts";

export interface DeviceOptions {
  readonly device?: "cpu" | "webgpu" | "cuda";
  readonly threads?: number;
  readonly library?: string;
  readonly precision?: "fp32" | "int8";
  /** False with --no-verify. */
  readonly verify?: boolean | undefined;
}

export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option("--device <name>", "where graphs run").choices(["cpu", "webgpu", "cuda"]))
    .option("--threads <number>", "threads of the runtime (default: the cores)", parsePositiveInteger)
    .option("--library <file>", "an onnxruntime shared library to use in place of the shipped one");
}

/** The options of a command that runs a trained model: those of every model, and the precision. */
export function addPredictionOptions(command: Command): Command {
  const precision = new Option(
    "--precision <name>",
    "int8: large layers in eight bits, for speed on the CPU",
  );
  return addDeviceOptions(command).addOption(precision.choices(["fp32", "int8"]));
}

/** Of commands that open trained models. */
export function addVerifyOption(command: Command): Command {
  return command.option("--no-verify", "do not compare the model's files with their recorded SHA-256");
}

/** The device options that were given, without undefined fields. */
export function deviceOptions(options: DeviceOptions): DeviceOptions {
  return runtimeOptions(options);
}

/** The same for commands that open trained models: what was not compared is said on stderr. */
export function modelOptions(options: DeviceOptions, output: Output) {
  return runtimeOptions({ ...options, onNotice: (notice) => output.note(`note: ${notice}`) });
}

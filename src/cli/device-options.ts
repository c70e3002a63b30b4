// The options of every command that runs a model: device, threads, library.
import { type Command, Option } from "commander";
import { runtimeOptions } from "../experiments/model/runtime-options.ts";
import { parsePositiveInteger } from "./option-parsers.ts";

export interface DeviceOptions {
  readonly device?: "cpu" | "webgpu" | "cuda";
  readonly threads?: number;
  readonly library?: string;
  readonly precision?: "fp32" | "int8";
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

/** The device options that were given, without undefined fields. */
export function deviceOptions(options: DeviceOptions): DeviceOptions {
  return runtimeOptions(options);
}

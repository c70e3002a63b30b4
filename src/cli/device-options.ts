// Options of every command that runs a model: device, threads, library.
import { type Command, Option } from "commander";
import { DEVICES, type Device } from "../engine/devices.ts";
import type { ProviderPrecision } from "../engine/known-providers.ts";
import {
  type LoadOptions,
  type ProviderSetting,
  providerOf,
  runtimeOptions,
} from "../extractors/shared/runtime-options.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "./extension-option.ts";
import { parseKeyValue, parsePositiveInteger } from "./option-parsers.ts";
import type { Output } from "./output.ts";

export interface DeviceOptions extends ExtensionOptions {
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  readonly precision?: "fp32" | "int8" | undefined;
  /** False with --no-verify. */
  readonly verify?: boolean | undefined;
  readonly provider?: string | undefined;
  readonly providerLibrary?: string | undefined;
  readonly providerPrecision?: ProviderPrecision | undefined;
  readonly providerOption?: Readonly<Record<string, string>> | undefined;
}

export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option("--device <name>", "where graphs run").choices(DEVICES))
    .option("--threads <number>", "threads of the runtime (default: number of cores)", parsePositiveInteger)
    .option("--library <file>", "an onnxruntime shared library to use instead of the bundled one")
    .option(...PROVIDER_OPTION)
    .option(...PROVIDER_LIBRARY_OPTION)
    .addOption(
      new Option(
        "--provider-precision <name>",
        "arithmetic of the provider's matrix products (default: fp32; bf16 needs a processor that has it)",
      ).choices(["fp32", "bf16"]),
    )
    .option("--provider-option <key=value>", "an option of the provider; may be repeated", parseKeyValue);
}

/** The flag of a plugin execution provider. */
export const PROVIDER_OPTION = [
  "--provider <name or file>",
  "plugin execution provider, which runs the nodes that it supports: openvino, the path of a library, or with --provider-library one of its providers",
] as const;

/** The flag of its library. */
export const PROVIDER_LIBRARY_OPTION = [
  "--provider-library <file>",
  "shared library of the provider, instead of the one that relata finds",
] as const;

/**
 * Returns the requested plugin provider, in the form of a configuration's `training.provider`.
 *
 * @throws ConfigError `config/provider-without-library`
 */
export function providerSetting(options: DeviceOptions): ProviderSetting | undefined {
  const { provider: name, providerLibrary: library, providerPrecision: precision } = options;
  return providerOf({ name, library, precision, options: options.providerOption });
}

/** Options of a command that runs a trained model: those of every model, and the precision. */
export function addPredictionOptions(command: Command): Command {
  const precision = new Option(
    "--precision <name>",
    "int8: large layers in eight bits, which is faster on the CPU",
  );
  return addDeviceOptions(command).addOption(precision.choices(["fp32", "int8"]));
}

/** For commands that open trained models. */
export function addVerifyOption(command: Command): Command {
  return command
    .option(...EXTENSION_OPTION)
    .option("--no-verify", "do not check the model's files against their recorded SHA-256");
}

/** Returns the given device options, without undefined fields. */
export function deviceOptions(options: DeviceOptions): LoadOptions {
  return runtimeOptions({ ...options, provider: providerSetting(options) });
}

/** The same for commands that open trained models: files that were not compared are listed on stderr. */
export function modelOptions(options: DeviceOptions, output: Output): LoadOptions {
  const onNotice = (notice: string) => output.note(`note: ${notice}`);
  const extensions = options.extension;
  return runtimeOptions({ ...options, provider: providerSetting(options), onNotice, extensions });
}

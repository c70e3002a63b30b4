// Request options for loading a model: where it runs, and with what precision.

import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { SharedTokenizers } from "../../encoders/tokenizing/shared-tokenizers.ts";
import { unknownProvider } from "../../engine/find-provider.ts";
import { knownProvider, type ProviderPrecision } from "../../engine/known-providers.ts";
import type { Plugin } from "../../engine/plugin-provider.ts";
import type { Precision } from "../../engine/prediction.ts";
import type { RuntimeOptions } from "../../engine/runtime.ts";
import type { ExtensionsInput } from "../../extensions/load-extensions.ts";
import type { FrozenStates } from "./lower-states.ts";
import type { SharedEncoders } from "./shared-encoders.ts";
import type { VerifyOptions } from "./verify-model.ts";

/** Where a model runs and how it predicts. */
export interface LoadOptions extends RuntimeOptions, VerifyOptions {
  /** Default "fp32"; "int8" on the CPU only. */
  readonly precision?: Precision | undefined;
  /** What the model needs from outside relata. */
  readonly extensions?: ExtensionsInput | undefined;
  /** The frozen layers of a text-only student of MI2RAGE whose states are kept; absent: texts are read from their tokens. */
  readonly frozenStates?: FrozenStates | undefined;
  /** Shares equal tokenizers with other models that are loaded with it; absent: the model has its own. */
  readonly tokenizers?: SharedTokenizers | undefined;
  /** Lends the text encoders that models of a bundle share; absent: the model has its own, with its adapters added. */
  readonly encoders?: SharedEncoders | undefined;
  /** Called when an extension has another version than in training; default `onNotice`. */
  readonly onOtherVersion?: ((notice: string) => void) | undefined;
}

/** `training.provider` of a configuration. */
export type ProviderSetting = NonNullable<Config["training"]["provider"]>;

/** The settings of a training that concern onnxruntime: next to PyTorch it only predicts, on the CPU. */
export function predictingSettings(training: Config["training"]): Config["training"] {
  return training.engine === "torch" ? { ...training, device: "cpu" } : training;
}

/** Where the models of a training predict once they are trained. */
export function trainedOptions(
  training: Config["training"],
): Pick<LoadOptions, "device" | "threads" | "library" | "plugins"> {
  const { device, threads, library, provider } = predictingSettings(training);
  return { device, threads, library, plugins: provider && [pluginOf(provider)] };
}

/** The plugin of a setting. */
export function pluginOf({ library, name, precision, options }: ProviderSetting): Plugin {
  return { library, provider: name, precision, options };
}

/** A provider as a command line gives it. */
export interface GivenProvider {
  /** A name that relata knows, the path of a library, or with `library` one of its providers. */
  readonly name?: string | undefined;
  readonly library?: string | undefined;
  readonly precision?: ProviderPrecision | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

const LOOKS_LIKE_PATH = /[/\\]|\.(?:so(?:\.\d+)*|dll|dylib)$/;

/**
 * The provider in the form of `training.provider`; undefined for none.
 *
 * @throws ConfigError `config/provider-without-library` for a precision or options of no provider; EngineError
 * `engine/unknown-provider`
 */
export function providerOf({
  name,
  library,
  precision,
  options,
}: GivenProvider): ProviderSetting | undefined {
  const details = { ...(precision && { precision }), ...(options && { options: { ...options } }) };
  if (library !== undefined) return { library, ...(name === undefined ? {} : { name }), ...details };
  const isPath = name !== undefined && LOOKS_LIKE_PATH.test(name);
  if (name !== undefined && !isPath && knownProvider(name) === undefined) throw unknownProvider(name);
  if (name !== undefined) return { ...(isPath ? { library: name } : { name }), ...details };
  if (precision === undefined && options === undefined) return undefined;
  throw new ConfigError({
    code: "config/provider-without-library",
    message: "--provider-precision and --provider-option are given without a provider",
    place: "--provider",
    remedy:
      "Add --provider with a name that relata knows (openvino) or the path of the plugin's shared library.",
  });
}

/** Picks the options of a request that concern loading. */
export function runtimeOptions(request: {
  readonly device?: RuntimeOptions["device"];
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  readonly precision?: Precision | undefined;
  readonly verify?: boolean | undefined;
  readonly onNotice?: VerifyOptions["onNotice"];
  readonly plugins?: readonly Plugin[] | undefined;
  readonly extensions?: ExtensionsInput | undefined;
  readonly frozenStates?: FrozenStates | undefined;
  /** Returns the configured provider. */
  readonly provider?: ProviderSetting | undefined;
}): LoadOptions {
  const { device, threads, library, precision, verify, onNotice, provider, extensions, frozenStates } =
    request;
  const plugins = request.plugins ?? (provider === undefined ? undefined : [pluginOf(provider)]);
  return {
    extensions,
    ...(frozenStates === undefined ? {} : { frozenStates }), // `load` takes none, and refuses fields that it does not know
    verify,
    onNotice,
    device,
    threads,
    library,
    precision,
    plugins,
  };
}

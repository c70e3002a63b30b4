// Request options for loading a model: where it runs, and with what precision.

import type { Config } from "../../config/schema.ts";
import type { SharedTokenizers } from "../../encoders/tokenizing/shared-tokenizers.ts";
import type { Plugin } from "../../engine/plugin-provider.ts";
import type { Precision } from "../../engine/prediction.ts";
import type { RuntimeOptions } from "../../engine/runtime.ts";
import type { ExtensionsInput } from "../../extensions/load-extensions.ts";
import type { FrozenStates } from "./lower-states.ts";
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
  /** Called when an extension has another version than in training; default `onNotice`. */
  readonly onOtherVersion?: ((notice: string) => void) | undefined;
}

/** `training.provider` of a configuration. */
export type ProviderSetting = NonNullable<Config["training"]["provider"]>;

/** The settings of a training that concern onnxruntime: next to PyTorch it only predicts, on the CPU. */
export function predictingSettings(training: Config["training"]): Config["training"] {
  return training.engine === "torch" ? { ...training, device: "cpu" } : training;
}

function pluginOf({ library, name, options }: ProviderSetting): Plugin {
  return { library, provider: name, options };
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

// Plugin execution providers: a library may offer several, each with its devices; one is chosen by name.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { EngineError } from "../base/errors.ts";
import { knownProvider, type ProviderPrecision, plainName } from "./known-providers.ts";
import type { Pointer } from "./ort-api.ts";

/** An execution provider of a plugin library. */
export interface Plugin {
  /** Path of the plugin's shared library; absent: that of the provider that relata knows by this name, which is then looked for. */
  readonly library?: string | undefined;
  /** Name of one of the library's providers; the suffix `ExecutionProvider` is optional. Required if the library offers several. */
  readonly provider?: string | undefined;
  /** Arithmetic of matrix products, of a provider that relata knows. Default "fp32". */
  readonly precision?: ProviderPrecision | undefined;
  /** Options of the provider, under its own names; they take the place of relata's own for a provider that it knows. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** A plugin whose library was found. */
export type LocatedPlugin = Plugin & { readonly library: string };

/** A device as onnxruntime lists it; the devices of one library may belong to several providers. */
export interface ProviderDevice {
  readonly provider: string;
  readonly pointer: Pointer;
  /** Whether it is the processor. */
  readonly isCpu: boolean;
}

/** The devices of one provider. */
export interface ChosenProvider {
  /** As the library spells it. */
  readonly provider: string;
  readonly devices: readonly Pointer[];
}

/**
 * The devices of the named provider, or of the only one; of a provider that relata knows, the processor alone if it is among them.
 *
 * @throws EngineError `engine/plugin-without-device`, `engine/no-such-provider`, `engine/several-providers`, listing the providers
 */
export function chooseProvider(
  devices: readonly ProviderDevice[],
  { library, provider }: LocatedPlugin,
): ChosenProvider {
  const known = knownProvider(provider);
  const offered = [...new Set(devices.map((device) => device.provider))];
  const fault = (code: ErrorCode, what: string, remedy: string): EngineError =>
    new EngineError({
      code,
      message: `the provider library ${library} ${what}`,
      place: "provider",
      value: provider,
      remedy,
    });
  if (offered.length === 0) {
    throw fault(
      "engine/plugin-without-device",
      "found no device on this machine",
      known === undefined ? "Check the device's driver, or omit the library." : known.needs,
    );
  }
  const list = offered.join(", ");
  const sought =
    provider === undefined ? offered : offered.filter((name) => plainName(name) === plainName(provider));
  const [chosen] = sought;
  if (chosen === undefined) {
    throw fault(
      "engine/no-such-provider",
      `has no provider ${JSON.stringify(provider)}; it offers ${list}`,
      "Choose one of these.",
    );
  }
  if (sought.length > 1) {
    throw fault(
      "engine/several-providers",
      `offers ${list}`,
      "Choose one of these (on the command line with --provider).",
    );
  }
  const all = devices.filter((device) => device.provider === chosen);
  const processor = all.filter(({ isCpu }) => isCpu);
  // A provider with a graphics processor beside the processor would take either: relata's options are for the processor.
  const used = known !== undefined && processor.length > 0 ? processor : all;
  return { provider: chosen, devices: used.map(({ pointer }) => pointer) };
}

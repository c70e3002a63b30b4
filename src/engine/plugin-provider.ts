// Plugin execution providers: a library may offer several, each with its devices; one is chosen by name.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { EngineError } from "../base/errors.ts";
import type { Pointer } from "./ort-api.ts";

/** An execution provider of a plugin library. */
export interface Plugin {
  /** Path of the plugin's shared library. */
  readonly library: string;
  /** Name of one of the library's providers; the suffix `ExecutionProvider` is optional. Required if the library offers several. */
  readonly provider?: string | undefined;
  /** Options of the provider, under its own names. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** A device as onnxruntime lists it; the devices of one library may belong to several providers. */
export interface ProviderDevice {
  readonly provider: string;
  readonly pointer: Pointer;
}

/**
 * The devices of the named provider, or of the only one.
 *
 * @throws EngineError `engine/plugin-without-device`, `engine/no-such-provider`, `engine/several-providers`, listing the providers
 */
export function chooseProvider(
  devices: readonly ProviderDevice[],
  { library, provider }: Plugin,
): readonly Pointer[] {
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
      "Check the device's driver, or omit the library.",
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
  return devices.filter((device) => device.provider === chosen).map(({ pointer }) => pointer);
}

function plainName(provider: string): string {
  return provider.toLowerCase().replace(/executionprovider$/, "");
}

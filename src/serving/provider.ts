// The plugin provider that a server's settings ask for.
import { ConfigError } from "../base/errors.ts";
import { type ProviderSetting, providerOf } from "../extractors/shared/runtime-options.ts";
import type { ServeSettings } from "./settings.ts";

/**
 * Returns the provider in the form of a configuration's `training.provider`; undefined for none.
 *
 * @throws ConfigError `config/provider-without-library`, `serving/wrong-setting` for an option that is not `key=value`
 */
export function providerOfServer(
  settings: Pick<ServeSettings, "provider" | "providerLibrary" | "providerPrecision" | "providerOption">,
): ProviderSetting | undefined {
  const { provider: name, providerLibrary: library, providerPrecision: precision, providerOption } = settings;
  const options = Object.fromEntries(providerOption.map(keyAndValue));
  return providerOf({ name, library, precision, ...(providerOption.length > 0 ? { options } : {}) });
}

function keyAndValue(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at >= 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new ConfigError({
    code: "serving/wrong-setting",
    message: `--provider-option must be key=value, got ${JSON.stringify(text)}`,
    place: "--provider-option",
    value: text,
    remedy: "Correct the value, or leave it out.",
  });
}

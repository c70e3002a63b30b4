// The plugin provider that a server's settings ask for.
import { ConfigError } from "../base/errors.ts";
import type { ProviderSetting } from "../extractors/shared/runtime-options.ts";
import type { ServeSettings } from "./settings.ts";

/**
 * Returns the provider in the form of a configuration's `training.provider`; undefined for none.
 *
 * @throws ConfigError `config/provider-without-library`, `serving/wrong-setting` for an option that is not `key=value`
 */
export function providerOf({
  provider: name,
  providerLibrary: library,
  providerOption,
}: Pick<ServeSettings, "provider" | "providerLibrary" | "providerOption">): ProviderSetting | undefined {
  const options = Object.fromEntries(providerOption.map(keyAndValue));
  if (library !== undefined) return { library, name, ...(providerOption.length > 0 ? { options } : {}) };
  if (name === undefined && providerOption.length === 0) return undefined;
  throw new ConfigError({
    code: "config/provider-without-library",
    message: "--provider and --provider-option are given without --provider-library",
    place: "--provider-library",
    remedy: "Add --provider-library with the path of the plugin's shared library.",
  });
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

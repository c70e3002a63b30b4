// Opens the generators that a plan names, from a table of adapters.
import { ConfigError } from "../base/errors.ts";
import type { ImageToText, TextToImage, TextToText } from "../synthesis/generators/generator.ts";
import type {
  AdapterEntry,
  GeneratorAdapters,
  GeneratorEnvironment,
  GeneratorRole,
  GeneratorSettings,
  PathField,
} from "./adapters.ts";

/** The fields of a generator's settings that hold paths. */
export function pathFields(
  role: GeneratorRole,
  settings: GeneratorSettings,
  adapters: GeneratorAdapters,
): readonly PathField[] {
  return entryOf<unknown>(adapters[role], settings, role).paths;
}

/** Opens the picture generator. @throws ConfigError `config/invalid`; the errors of the adapter */
export async function openTextToImage(
  settings: GeneratorSettings,
  environment: GeneratorEnvironment,
  { textToImage }: GeneratorAdapters,
): Promise<TextToImage> {
  const loaded = await entryOf(textToImage, settings, "textToImage").load();
  return loaded.read(settings, "textToImage")(environment);
}

/** Opens the text generator. @throws ConfigError `config/invalid`; the errors of the adapter */
export async function openImageToText(
  settings: GeneratorSettings,
  environment: GeneratorEnvironment,
  { imageToText }: GeneratorAdapters,
): Promise<ImageToText> {
  const loaded = await entryOf(imageToText, settings, "imageToText").load();
  return loaded.read(settings, "imageToText")(environment);
}

/** Opens the generator of texts from texts. @throws ConfigError `config/invalid`; the errors of the adapter */
export async function openTextToText(
  settings: GeneratorSettings,
  environment: GeneratorEnvironment,
  { textToText }: GeneratorAdapters,
): Promise<TextToText> {
  const loaded = await entryOf(textToText, settings, "textToText").load();
  return loaded.read(settings, "textToText")(environment);
}

function entryOf<Generator>(
  entries: Readonly<Record<string, AdapterEntry<Generator>>>,
  { adapter: name }: GeneratorSettings,
  role: string,
): AdapterEntry<Generator> {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return entry;
  throw new ConfigError({
    code: "config/invalid",
    message: `${role}.adapter is ${JSON.stringify(name)}, which is not an adapter for ${role}`,
    place: `${role}.adapter`,
    value: name,
    remedy: `Name one of: ${Object.keys(entries).join(", ")}.`,
  });
}

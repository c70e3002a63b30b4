// Opens the place where the results of units are published, by its name.
import { ConfigError } from "../base/errors.ts";
import { folderStore } from "./folder-store.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * Opens a folder, or what an address names.
 *
 * @throws ConfigError `units/unknown-store`
 */
export function openObjectStore(place: string): Promise<ObjectStore> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1];
  if (scheme === undefined) return Promise.resolve(folderStore(place));
  return Promise.reject(
    new ConfigError({
      code: "units/unknown-store",
      message: `${place} is an address of a kind that is not known: ${scheme}`,
      place,
      value: place,
      remedy: "Name a folder that all machines share.",
    }),
  );
}

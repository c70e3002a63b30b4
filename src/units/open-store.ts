// Opens the place where the results of units are published, by its name.
import { ConfigError } from "../base/errors.ts";
import { folderStore } from "./folder-store.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * Opens a folder, or what an address names: `s3://bucket/prefix`.
 *
 * @throws ConfigError `units/unknown-store`, `units/bad-address`, `units/no-credentials`, `units/no-s3-client`
 */
export async function openObjectStore(place: string): Promise<ObjectStore> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1];
  if (scheme === undefined) return folderStore(place);
  if (scheme.toLowerCase() === "s3") return (await import("./s3/s3-store.ts")).openS3Store(place);
  throw new ConfigError({
    code: "units/unknown-store",
    message: `${place} is an address of a kind that is not known: ${scheme}`,
    place,
    value: place,
    remedy: "Name a folder that all machines share, or a bucket like s3://bucket/prefix.",
  });
}

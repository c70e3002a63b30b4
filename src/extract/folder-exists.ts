// The error for an output folder that is taken.
import { DataError } from "../base/errors.ts";

/** The error for a folder that must not exist, and does. */
export function folderExists(folder: string): DataError {
  return new DataError({
    code: "data/folder-exists",
    message: `${folder} already exists`,
    place: folder,
    remedy: "Name a new folder, or remove this one.",
  });
}

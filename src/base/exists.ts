// Checks whether a path exists; throws if that cannot be determined.
import { access } from "node:fs/promises";

/** Whether a path exists. @throws the system's error if that cannot be determined */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

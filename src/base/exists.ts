// Tells whether something exists under a name; an unknown answer is an error.
import { access } from "node:fs/promises";

/** Whether a path leads to anything. @throws the system's error when that cannot be told */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

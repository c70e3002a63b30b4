// relata's own version.
import { readFileSync } from "node:fs";

/** The version in package.json; it is at the same distance from src/base and dist/base. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellWord } from "./shell-word.ts";

describe.skipIf(process.platform === "win32")("shellWord", () => {
  it.each(["runs/quickstart", "", "two words", "it's", '$HOME `id` "x" \\', "*", "~", "🎉 a\nb"])(
    "writes %j so that a shell reads one word",
    (value) => {
      expect(execFileSync("sh", ["-c", `printf %s ${shellWord(value)}`], { encoding: "utf8" })).toBe(value);
    },
  );
});

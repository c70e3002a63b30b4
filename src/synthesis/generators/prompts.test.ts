import { describe, expect, it } from "vitest";
import { z } from "zod";
import { instructionOf, instructionSettings, promptOf, promptTemplateSetting } from "./prompts.ts";

describe("promptOf", () => {
  it("puts the text into the template as it is", () => {
    expect(promptOf("photo of {text}, sharp", "$& costs {text} $1")).toBe(
      "photo of $& costs {text} $1, sharp",
    );
  });

  it("needs a place for the text", () => {
    expect(promptTemplateSetting.parse(undefined)).toBe("{text}");
    expect(promptTemplateSetting.safeParse("a photo").success).toBe(false);
  });
});

describe("instructionOf", () => {
  const settings = z.strictObject(instructionSettings).parse({ instruction: "Describe it." });

  it("is the bare instruction where no mention is required", () => {
    expect(instructionOf(settings, [])).toBe("Describe it.");
  });

  it("demands each mention once, in quotes, exactly as written", () => {
    const mine = { ...settings, mentionInstruction: "Use {mentions}!" };
    expect(instructionOf(mine, ["Ada $& Co", "Bo", "Bo"])).toBe('Describe it. Use "Ada $& Co" and "Bo"!');
  });
});

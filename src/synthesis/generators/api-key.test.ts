import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiKey, readKey } from "./api-key.ts";

const SECRET = 'sk-ab/c+"d"==';

describe("readKey", () => {
  it("reads the named variable and gives a bearer header", () => {
    const key = readKey("MY_KEY", { MY_KEY: ` ${SECRET}\n` }, "adapter");
    expect(key?.authorization()).toBe(`Bearer ${SECRET}`);
  });

  it("gives HTTP Basic where the server wants it", () => {
    const key = readKey("LOGIN", { LOGIN: "ada:pass:word" }, "adapter", "basic");
    // By hand: base64 of "ada:pass:word".
    expect(key?.authorization()).toBe("Basic YWRhOnBhc3M6d29yZA==");
  });

  it("needs no key where no variable is named", () => {
    expect(readKey(undefined, {}, "adapter")).toBeUndefined();
  });

  it.each([{}, { MY_KEY: "" }, { MY_KEY: "  " }])("says which variable is not set (%j)", (environment) => {
    expect(() => readKey("MY_KEY", environment, "adapter")).toThrow(
      expect.objectContaining({ code: "synthesis/no-key", message: expect.stringContaining("MY_KEY") }),
    );
  });

  it.each([
    ["bearer", "two words"],
    ["bearer", "line\nbreak"],
    ["bearer", "schlüssel"],
    ["basic", "nocolon"],
  ] as const)("refuses a value that no %s header can hold, without repeating it", (scheme, value) => {
    try {
      readKey("MY_KEY", { MY_KEY: value }, "adapter", scheme);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "synthesis/bad-key" });
      expect(inspect(error, { depth: 10 })).not.toContain(value);
    }
  });
});

describe("ApiKey", () => {
  it("is not shown by inspecting or serialising it", () => {
    const key = new ApiKey(SECRET, "bearer");
    expect(inspect({ key }, { depth: 10, showHidden: true })).not.toContain("sk-ab");
    expect(JSON.stringify({ key })).toBe('{"key":{}}');
  });

  it.each([
    ["itself", SECRET],
    ["in a URL", encodeURIComponent(SECRET)],
    ["in JSON", JSON.stringify({ SECRET })],
    ["in Base64", Buffer.from(SECRET).toString("base64")],
    ["twice", `${SECRET} and ${SECRET}`],
  ])("is taken out of a text that has it %s", (_, text) => {
    const clean = new ApiKey(SECRET, "bearer").redact(`before ${text} after`);
    expect(clean).toMatch(/^before .*\[key\].* after$/);
    expect(clean).not.toContain("sk-ab");
    expect(clean).not.toContain(Buffer.from(SECRET).toString("base64"));
  });

  it("of a login takes out the password too", () => {
    expect(new ApiKey("ada:hunter22", "basic").redact("wrong password hunter22 for ada")).toBe(
      "wrong password [key] for ada",
    );
  });
});

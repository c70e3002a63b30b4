// Tests which values are accepted as extensions, and the errors for all others.
import { describe, expect, it } from "vitest";
import { type Extension, Extensions, requireExtension, requireStamped } from "./extension.ts";
import { loadExtensions } from "./load-extensions.ts";

const reader = { kind: "reader", contract: 1, name: "mine", version: "1.0.0", read: () => [] } as const;

describe("requireExtension", () => {
  it("takes what a contract describes", () => {
    expect(requireExtension(reader, "here")).toBe(reader);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /must be an object, got undefined/],
    ["a function", () => undefined, /must be an object, got function/],
    ["another kind", { ...reader, kind: "writer" }, /one of reader, generator.*got "writer"/],
    ["no name", { ...reader, name: undefined }, /name must be.*got nothing/],
    ["a name of capitals", { ...reader, name: "Mine" }, /got "Mine"/],
    ["no version", { ...reader, version: " " }, /version of the reader "mine" must be a text/],
    ["no function", { ...reader, read: 5 }, /"read" of the reader "mine" must be a function, got number/],
  ])("refuses %s", (_, value, message) => {
    expect(() => requireExtension(value, "here")).toThrow(
      expect.objectContaining({
        code: "extension/invalid",
        place: "here",
        message: expect.stringMatching(message),
      }),
    );
  });

  it("tells a contract of another version from a broken one", () => {
    expect(() => requireExtension({ ...reader, contract: 2 }, "here")).toThrow(
      expect.objectContaining({
        code: "extension/other-contract",
        message: expect.stringContaining("contract 2"),
      }),
    );
  });
});

describe("requireStamped", () => {
  const stamp = { kind: "reader", name: "mine", version: "1.0.0" } as const;

  it("asks for what is missing, with the remedy", () => {
    expect(() => requireStamped([stamp], Extensions.NONE, "runs/a")).toThrow(
      expect.objectContaining({ code: "extension/missing", remedy: expect.stringContaining("--extension") }),
    );
  });

  it("tells another version", () => {
    const newer: Extension = { ...reader, version: "1.1.0" };
    expect(requireStamped([stamp], new Extensions([reader]), "runs/a")).toEqual([]);
    expect(requireStamped([stamp], new Extensions([newer]), "runs/a")).toEqual([
      'runs/a was made with version 1.0.0 of the reader "mine", this is version 1.1.0',
    ]);
  });
});

describe("loadExtensions", () => {
  it("takes one that is given twice once", async () => {
    const loaded = await loadExtensions([reader, reader]);
    expect(loaded.of("reader")).toEqual([reader]);
    expect(await loadExtensions(loaded)).toBe(loaded);
  });
});

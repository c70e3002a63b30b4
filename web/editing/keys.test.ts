// Keys of the editor: what each does, and that the help names all of them.
import { describe, expect, it } from "vitest";
import { commandOf, HELP } from "./keys.ts";

const press = (
  key: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "shiftKey" | "altKey", boolean>> = {},
) => commandOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held });

describe("the editor's keys", () => {
  it("are letters, arrows and numbers", () => {
    expect(press("ArrowRight")).toBe("next-entity");
    expect(press("x")).toBe("delete");
    expect(press("3")).toEqual({ label: 2 });
    expect(press("?", { shiftKey: true })).toBe("help");
    expect(press("A", { shiftKey: true })).toBe("start-left");
  });

  it("undo and redo as elsewhere", () => {
    expect(press("z", { ctrlKey: true })).toBe("undo");
    expect(press("Z", { metaKey: true, shiftKey: true })).toBe("redo");
    expect(press("y", { ctrlKey: true })).toBe("redo");
  });

  it("leave the browser's own keys to the browser", () => {
    for (const key of ["r", "l", "d", "f", "n", "a", "c", "1"]) {
      expect(press(key, { ctrlKey: true })).toBeUndefined();
      expect(press(key, { altKey: true })).toBeUndefined();
    }
    expect(press("Tab")).toBeUndefined();
  });

  it("are all in the help", () => {
    const helped = HELP.flatMap(({ keys }) => keys).join(" ");
    for (const key of "A S D F E R L C V X U N J K ?".split(" ")) expect(helped).toContain(key);
  });
});

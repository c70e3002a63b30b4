import { describe, expect, it } from "vitest";
import { RelataError } from "../base/errors.ts";
import { namedFolders } from "./model-names.ts";

describe("models by name", () => {
  it("takes the name that is given, else that of the folder", () => {
    expect(namedFolders(["posts=models/a", "models/b/", "./c", "x=y=z"], "models")).toEqual([
      { name: "posts", folder: "models/a" },
      { name: "b", folder: "models/b/" },
      { name: "c", folder: "./c" },
      { name: "x", folder: "y=z" },
    ]);
  });

  it.each([
    ["no model", []],
    ["two of one name", ["a/posts", "b/posts"]],
    ["a name without a folder", ["posts="]],
    ["a folder whose name no request can write", ["models/my posts"]],
    ["an empty name", [""]],
  ])("refuses %s", (_, given) => {
    const refusal = (() => {
      try {
        return namedFolders(given, "models");
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(RelataError);
    expect(refusal).toMatchObject({ code: "serving/wrong-model", place: "models" });
  });
});

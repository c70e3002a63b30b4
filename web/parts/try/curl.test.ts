// The command for a shell holds the request whatever is in the post: a shell splits it into the same words.
import { describe, expect, it } from "vitest";
import { curlOf, shellQuoted } from "./curl.ts";

const ADDRESS = "http://127.0.0.1:8080/v1/extract";

describe("the request as curl", () => {
  it("quotes every text for a shell", () => {
    expect(shellQuoted("it's $HOME `x`")).toBe(`'it'\\''s $HOME \`x\`'`);
  });

  it("sends JSON without a picture, and a form with one", () => {
    const plain = curlOf(ADDRESS, { text: "@file's" }, {}, false);
    expect(plain).toContain(`--data-raw '{"text":"@file'\\''s"}'`);
    const picture = new File(["x"], 'a "b".png');
    const form = curlOf(ADDRESS, { text: "Ann", image: picture }, { explain: true, model: "posts" }, false);
    expect(form).toContain(
      `--form-string 'request={"text":"Ann","image":{"part":"image"},"model":"posts","explain":true}'`,
    );
    expect(form).toContain(`-F 'image=@"a \\"b\\".png"'`);
  });

  it("names the token's variable and never shows the token", () => {
    expect(curlOf(ADDRESS, { text: "Ann" }, {}, true)).toContain('"Authorization: Bearer $RELATA_TOKEN"');
  });
});

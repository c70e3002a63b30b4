// Bearer tokens: where they come from, which are usable, and how requests are compared with them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readTokens, TokenCheck } from "./tokens.ts";

const [FIRST, SECOND] = ["first-token-of-16", "second.token~of/more+than_16=="];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-tokens-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(text: string): Promise<string> {
  const path = join(folder, "tokens");
  await writeFile(path, text);
  return path;
}
const read = (tokens: readonly string[], tokensFile?: string) => readTokens({ tokens, tokensFile });

it("come from the environment and from a file, without comments, empty lines and spaces", async () => {
  const tokensFile = await fileWith(`# of the team\r\n\r\n  ${SECOND}  \r\n`);
  expect(await read([FIRST], tokensFile)).toEqual([FIRST, SECOND]);
  expect(await read([])).toEqual([]);
});

it.each([
  ["is empty", "", /has no token/],
  ["has only comments", "# none yet\n", /has no token/],
  ["has a short token in its second line", `${FIRST}\nshort\n`, /tokens:2 is not a usable token/],
  ["has a token with a space", "a token of several words\n", /tokens:1 is not a usable token/],
])(
  "do not open the server to everyone when their file %s, and the message has no token",
  async (_, text, what) => {
    const reading = read([], await fileWith(text));
    await expect(reading).rejects.toMatchObject({
      code: "serving/wrong-tokens",
      message: expect.stringMatching(what),
    });
    await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining("short") });
  },
);

it("are refused when their file is missing, or a folder, or one of the environment is unusable", async () => {
  for (const path of [join(folder, "none"), folder])
    await expect(read([], path)).rejects.toMatchObject({ code: "serving/wrong-tokens", place: path });
  await expect(read([FIRST, "x"])).rejects.toMatchObject({ place: "token 2 of RELATA_TOKENS" });
});

it("let requests through that have one of them, as bearer or as password", () => {
  const check = new TokenCheck([FIRST, SECOND]);
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  for (const header of [
    `Bearer ${FIRST}`,
    `bearer  ${SECOND} `,
    basic(`anyone:${SECOND}`),
    basic(`:${FIRST}`),
  ])
    expect(() => check.require(header)).not.toThrow();
  for (const header of [undefined, "", FIRST, `Bearer ${FIRST}x`, "Bearer", basic(FIRST), `Digest ${FIRST}`])
    expect(() => check.require(header)).toThrow(expect.objectContaining({ code: "serving/unauthorized" }));
});

it("are not asked for when there are none", () => {
  const check = new TokenCheck([]);
  expect(check.isOn).toBe(false);
  expect(() => check.require(undefined)).not.toThrow();
});

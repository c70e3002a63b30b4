// Runs the blocks of docs/serving-api.md that ask a server, against `relata serve` with a tiny bundle.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI } from "../cli/run-cli.ts";
import { shellIn } from "../cli/shell.ts";
import { blocksOf, commandsOf, placeOf } from "./fenced-blocks.ts";
import { Scenes } from "./scenes.ts";

const PAGE = "docs/serving-api.md";
const BLOCKS = blocksOf(PAGE).filter(({ language }) => language === "sh");
const TOKEN = "a-token-that-is-long-enough";

/** What a line prints, by words in it. The first entry whose words are there counts. */
const PRINTS: readonly (readonly [words: string, prints: RegExp])[] = [
  ["printf", /^$/],
  ["/stream", /event: result.*event: result.*event: done\ndata: {"posts":2,"failed":0}/s],
  ['{"id": "b", "text": 7}', /"results":\[{"id":"a",.*{"id":"b","problem":.*"place":"posts\[1\]\.text"/],
  ["first=@photo.jpg", /"results":\[{.*"visual":"picture".*"visual":"none"/],
  ["explain=true", /"explanation":{"withoutPicture"/],
  ["code-point", /"offsets":"code-point"/],
  ["image=@photo.jpg", /"visual":"picture"/],
  ["request.json", /"visual":"picture"/],
  ["/v1/extract", /"id":"17".*"entities":\[/],
  ["/v1/models", /"entityTypes":\[/],
  ["X-Request-Id", /x-request-id: order-17.*{"status":"ok"}/is],
  ["/healthz", /{"status":"ok"}/],
  ["/readyz", /{"status":"ready"}/],
  ["/metrics", /relata_requests_total/],
  ["/openapi.json", /"openapi":"3\.1\.0"/],
];

let folder: string;
let cwd: string;
let server: ChildProcess;
let address: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-api-"));
  const scenes = new Scenes(folder, async (place, line) => {
    const relata = line.replace(/^relata/, `"${process.execPath}" "${CLI}"`);
    expect(await shellIn(folder, relata, place)).toMatchObject({ code: 0 });
  });
  cwd = await scenes.copyOf("bundle");
  server = spawn(process.execPath, [CLI, "serve", "models/posts", "--port", "0", "--no-page"], {
    cwd,
    env: { ...process.env, RELATA_TOKENS: TOKEN },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(createInterface(server.stdout!), "line")) as [string]; // a pipe, as asked for
  address = /http:\S+/.exec(line)?.[0] ?? "";
}, 600_000);
afterAll(async () => {
  server.kill();
  await once(server, "close");
  await rm(folder, { recursive: true });
}, 120_000);

describe("a block", { timeout: 300_000 }, () => {
  it.each(BLOCKS.map((block) => [placeOf(block), block] as const))(
    "at %s prints what its page says",
    async (_, block) => {
      for (const line of commandsOf(block.code)) {
        // The page asks a server that needs no token; this one does, so that both are tried.
        const asking = line
          .replaceAll("http://127.0.0.1:8080", address)
          .replace("$RELATA_TOKEN", TOKEN)
          .replace(
            /^curl /,
            line.includes("$RELATA_TOKEN") ? "curl -sS " : `curl -sS -H "Authorization: Bearer ${TOKEN}" `,
          );
        const { code, out } = await shellIn(folder, asking, cwd);
        const [, prints] = PRINTS.find(([words]) => line.includes(words)) ?? [];
        expect(code, out).toBe(0);
        expect(out, line).toMatch(prints ?? /there is no entry for this line/);
      }
    },
  );
});

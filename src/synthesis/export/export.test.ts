import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runChains } from "../run-chains.ts";
import { readContent } from "../store/object-store.ts";
import { openViewStore } from "../store/open-store.ts";
import { ScriptedPictures, ScriptedTexts, textSources } from "../testing/scripted-generators.ts";
import type { View } from "../view.ts";
import { exportParquet } from "./parquet.ts";
import { exportWebdataset } from "./webdataset.ts";

/** The build: a process of its own cannot run the sources. */
const INDEX = fileURLToPath(new URL("../../../dist/synthesis/export/index.js", import.meta.url));

let work = "";
let store = "";
const views: View[] = [];

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-export-"));
  store = join(work, "store");
  const move = ({ instance, step }: { instance: string; step: number }) =>
    instance === "post-1" && step === 1 ? "black" : "answer";
  await runChains({
    folder: store,
    plan: {
      ...{ direction: "text", rounds: 2, chains: 2, seed: 4, duplicateLevels: 8 },
      instances: textSources(3),
      textToImage: new ScriptedPictures({ move }),
      imageToText: new ScriptedTexts(),
    },
  });
  for await (const view of (await openViewStore(store)).views()) views.push(view);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function rowsOf(path: string): Promise<readonly Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(path), utf8: false });
}

describe("exportParquet", () => {
  test("writes the accepted views with their bytes and lineage", async () => {
    const path = join(work, "views.parquet");
    expect(await exportParquet(store, path)).toEqual({ views: 8, files: 1 });
    const wanted = views.filter(({ rejected, kind }) => rejected === undefined && kind === "picture");
    const rows = await rowsOf(path);
    expect(rows.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    for (const [i, view] of wanted.entries()) {
      expect(Buffer.from(rows[i]?.bytes as Uint8Array).equals(await readContent(view))).toBe(true);
      const lineage = JSON.parse(String(rows[i]?.lineage)) as string[];
      expect(lineage).toHaveLength(view.step - 1);
      expect(lineage.at(-1)).toBe(view.parent);
    }
    expect(rows[0]).toMatchObject({
      kind: "picture",
      generator: "scripted-pictures",
      media_type: "image/png",
    });
  });

  test("writes rejected and intermediate views when they are asked for", async () => {
    const path = join(work, "all.parquet");
    expect((await exportParquet(store, path, { rejected: true, intermediate: true })).views).toBe(
      views.length,
    );
    const rows = await rowsOf(path);
    expect(rows.filter(({ rejected }) => rejected === "black-picture")).toHaveLength(2);
    expect(rows.find(({ kind }) => kind === "text")).toMatchObject({ text: expect.stringContaining("near") });
  });
});

describe("exportWebdataset", () => {
  test("writes shards that tar reads, the same bytes each time", async () => {
    const out = join(work, "shards");
    expect(await exportWebdataset(store, out, { intermediate: true, shardViews: 5 })).toEqual({
      ...{ views: 12, files: 3 },
    });
    expect(readdirSync(out).sort()).toEqual(["views-000000.tar", "views-000001.tar", "views-000002.tar"]);
    const list = (shard: string) =>
      execFileSync("tar", ["tf", join(out, shard)], { encoding: "utf8" })
        .trim()
        .split("\n");
    expect(list("views-000000.tar").slice(0, 4)).toEqual([
      ...["000000000.json", "000000000.png", "000000001.json", "000000001.txt"],
    ]);
    expect(list("views-000002.tar")).toHaveLength(4);
    const read = (name: string) =>
      execFileSync("tar", ["xOf", join(out, "views-000000.tar"), name], { encoding: "buffer" });
    expect(JSON.parse(read("000000000.json").toString())).toMatchObject({ id: views[0]?.id, step: 1 });
    expect(read("000000000.png").equals(await readContent(views[0] as View))).toBe(true);
    const again = join(work, "again");
    await exportWebdataset(store, again, { intermediate: true, shardViews: 5 });
    for (const name of readdirSync(out))
      expect(readFileSync(join(again, name)).equals(readFileSync(join(out, name)))).toBe(true);
    await expect(exportWebdataset(store, out)).rejects.toMatchObject({ code: "synthesis/output-exists" });
  });

  test("starts again after an export was killed, and nowhere else", async () => {
    const out = join(work, "killed");
    mkdirSync(out);
    writeFileSync(join(out, "views-000000.tar.partial"), "half");
    writeFileSync(join(out, "views-000001.tar"), "named before the first one was");
    expect(await exportWebdataset(store, out, { shardViews: 5 })).toEqual({ views: 8, files: 2 });
    expect(readdirSync(out).sort()).toEqual(["views-000000.tar", "views-000001.tar"]);
    const other = join(work, "other");
    mkdirSync(other);
    writeFileSync(join(other, "notes.txt"), "mine");
    await expect(exportWebdataset(store, other)).rejects.toMatchObject({ code: "synthesis/output-exists" });
    expect(readdirSync(other)).toEqual(["notes.txt"]);
  });

  test.runIf(process.platform === "linux")("says that there is no room, and leaves nothing half done", () => {
    const out = join(work, "no-room");
    const code = `import { exportParquet, exportWebdataset } from ${JSON.stringify(INDEX)};
      const codes = [];
      for (const write of [exportParquet, exportWebdataset])
        await write(${JSON.stringify(store)}, ${JSON.stringify(out)}).catch((error) => codes.push(error.code + " " + error.place));
      console.log(codes.join());`;
    // 4 kB are the most that a file may have; the views have more.
    const limited = ["-c", 'ulimit -f 4; exec "$0" --input-type=module -e "$1"', process.execPath, code];
    expect(execFileSync("/bin/bash", limited, { encoding: "utf8" }).trim()).toBe(
      `synthesis/cannot-write ${out},synthesis/cannot-write ${out}`,
    );
    expect(readdirSync(out)).toEqual([]);
  });
});

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../base/sha256.ts";
import { runChains } from "../run-chains.ts";
import { ScriptedPictures, ScriptedTexts, textSources } from "../testing/scripted-generators.ts";
import type { View } from "../view.ts";
import { buildIndex, writeRecords } from "./build-index.ts";
import { ContentReader } from "./content-reader.ts";
import { finishStore } from "./finish.ts";
import { joinFiles } from "./join-files.ts";
import { FIRST_SHARED_PACK, objectName, storeLayout } from "./layout.ts";
import { lineageOf } from "./lineage.ts";
import { readManifest } from "./manifest.ts";
import { getObject, putShared } from "./object-store.ts";
import { openViewStore } from "./open-store.ts";
import { scanPack } from "./pack-format.ts";
import { packStore } from "./pack-store.ts";
import { writePack } from "./pack-writer.ts";
import { ShardContents } from "./shard-contents.ts";

let work = "";
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "relata-packs-"));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const contentOf = (seed: number, size: number) => Buffer.alloc(size, `content ${seed} `);

/** Writes a pack of contents. */
async function packOf(folder: string, pack: number, contents: readonly Buffer[]): Promise<void> {
  const byHash = new Map(contents.map((content) => [sha256(content), content]));
  const path = storeLayout(folder).pack(pack);
  await writeRecords(
    folder,
    pack,
    await writePack(folder, path, [...byHash.keys()], async (hash) => byHash.get(hash)!),
  ); // its own keys
}

async function scan(path: string) {
  const file = await open(path, "r");
  try {
    const found = [];
    for await (const entry of scanPack(file, (await file.stat()).size)) found.push(entry);
    return found;
  } finally {
    await file.close();
  }
}

function makeStore(folder: string, instances = 12): Promise<unknown> {
  const plan = {
    ...{ direction: "text" as const, rounds: 2, chains: 2, seed: 9, duplicateLevels: 8 },
    ...{
      instances: textSources(instances),
      textToImage: new ScriptedPictures(),
      imageToText: new ScriptedTexts(),
    },
  };
  return runChains({ folder, plan });
}

const filesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        join(entry.parentPath, entry.name).slice(folder.length + 1),
        readFileSync(join(entry.parentPath, entry.name), "latin1"),
      ]),
  );

/** Gives a store the form of those before there were packs: a file for each content. */
async function unpack(folder: string): Promise<number> {
  const { objects } = storeLayout(folder);
  const hashes = new Set<string>();
  for (const name of readdirSync(objects).filter((one) => one.endsWith(".tar")))
    for (const { hash } of await scan(join(objects, name))) hashes.add(hash);
  const contents = await Promise.all([...hashes].map((hash) => getObject(folder, hash)));
  rmSync(objects, { recursive: true });
  for (const [i, hash] of [...hashes].entries()) {
    mkdirSync(join(objects, hash.slice(0, 2)), { recursive: true });
    writeFileSync(join(folder, objectName(hash)), contents[i]!); // one for each hash
  }
  return hashes.size;
}

describe("a pack", () => {
  test("is a tar file that tar reads", async () => {
    const contents = [0, 1, 511, 512, 513, 70_000].map((size, i) => contentOf(i, size));
    await packOf(work, 3, contents);
    const path = join(work, "objects", "shard-000003.tar");
    const names = contents.map((content) => sha256(content));
    expect(execFileSync("tar", ["tf", path], { encoding: "utf8" }).trim().split("\n")).toEqual(names);
    execFileSync("tar", ["xf", path, "-C", work]);
    for (const [i, name] of names.entries())
      expect(readFileSync(join(work, name)).equals(contents[i]!)).toBe(true); // one name each
  });

  test("cut off at any byte, keeps what comes before the cut", async () => {
    const contents = [10, 600, 0, 1024].map((size, i) => contentOf(i, size));
    await packOf(work, 0, contents);
    const path = join(work, "objects", "shard-000000.tar");
    const whole = await scan(path);
    const ends = whole.map(({ offset, size }) => offset + 512 * Math.ceil(size / 512));
    for (let length = statSync(path).size; length >= 0; length -= 97) {
      truncateSync(path, length);
      expect(await scan(path)).toEqual(whole.filter((_, i) => ends[i]! <= length)); // one end each
    }
  });

  test("in progress, forgets a torn entry and takes new ones behind the whole ones", async () => {
    const path = join(work, "contents.tar");
    const first = await ShardContents.open(path);
    const [a, b, c] = [contentOf(1, 700), contentOf(2, 5000), contentOf(3, 100)];
    const hashes = await Promise.all([a, b, a, c].map((content) => first.put(content)));
    expect(hashes[2]).toBe(hashes[0]);
    await first.close();
    expect((await scan(path)).map(({ hash }) => hash)).toEqual([a, b, c].map((content) => sha256(content))); // each once
    truncateSync(path, statSync(path).size - 1);
    const second = await ShardContents.open(path);
    expect([a, b, c].map((content) => second.has(sha256(content), content.length))).toEqual([
      true,
      true,
      false,
    ]);
    await second.put(c);
    expect(Buffer.from((await second.get(sha256(c))) ?? []).equals(c)).toBe(true);
    await second.close();
    expect(await scan(path)).toHaveLength(3);
  });
});

describe("the index of packs", () => {
  test("finds every content, the first of several copies, and nothing else", async () => {
    const contents = Array.from({ length: 3000 }, (_, i) => contentOf(i, 16 + (i % 50)));
    for (let pack = 0; pack < 6; pack++)
      await packOf(work, pack, contents.slice(500 * pack, 500 * pack + 700)); // each overlaps the next
    await packOf(work, FIRST_SHARED_PACK, [contents[0]!, contentOf(-1, 20)]); // the first of 3000
    expect(await buildIndex(work)).toBe(3001);
    rmSync(join(work, "work"), { recursive: true });
    await using reader = await ContentReader.open(work);
    for (const content of [...contents, contentOf(-1, 20)])
      expect(Buffer.compare(await reader.get(sha256(content)), content)).toBe(0);
    expect(await reader.locate(sha256(contents[600]!))).toMatchObject({
      path: join(work, "objects", "shard-000000.tar"),
    }); // in packs 0 and 1
    expect(await reader.locate(sha256("nothing"))).toBeUndefined();
    await expect(reader.get(sha256("nothing"))).rejects.toMatchObject({ code: "synthesis/damaged-store" });
  });

  test("is the same whether it is sorted at once or in parts, and from records or from packs", async () => {
    for (let pack = 0; pack < 9; pack++)
      await packOf(
        work,
        pack,
        Array.from({ length: 200 }, (_, i) => contentOf(150 * pack + i, 20)),
      );
    const { index } = storeLayout(work);
    await buildIndex(work);
    const wanted = readFileSync(index);
    await buildIndex(work, 100);
    expect(readFileSync(index).equals(wanted)).toBe(true);
    rmSync(join(work, "work"), { recursive: true });
    await buildIndex(work, 37);
    expect(readFileSync(index).equals(wanted)).toBe(true);
  });

  test("that is damaged is named with its remedy, and so are damaged packs", async () => {
    const contents = [contentOf(1, 2000), contentOf(2, 2000)];
    await packOf(work, 0, contents);
    await buildIndex(work);
    rmSync(join(work, "work"), { recursive: true });
    const { index } = storeLayout(work);
    const path = join(work, "objects", "shard-000000.tar");
    const pack = readFileSync(path);
    writeFileSync(path, Buffer.concat([pack.subarray(0, 600), Buffer.from("x"), pack.subarray(601)]));
    await expect(getObject(work, sha256(contents[0]!))).rejects.toMatchObject({
      code: "synthesis/damaged-store",
      message: `${path} ${sha256(contents[0]!)} does not have the content that its name says`,
    });
    expect(await getObject(work, sha256(contents[1]!))).toEqual(contents[1]);
    truncateSync(index, statSync(index).size - 1);
    await expect(getObject(work, sha256(contents[1]!))).rejects.toMatchObject({
      code: "synthesis/damaged-store",
      message: expect.stringContaining("`relata synthesize pack` builds it again"),
    });
    truncateSync(path, 3000);
    await expect(buildIndex(work)).rejects.toMatchObject({
      code: "synthesis/damaged-store",
      message: expect.stringContaining("is not a whole pack"),
    });
  });
});

describe("a store", () => {
  test("has a file for each shard, whatever the number of its contents", async () => {
    const folder = join(work, "store");
    await makeStore(folder);
    expect(Object.keys(filesOf(folder)).sort()).toEqual([
      ...["ledger.jsonl", "objects/index", "objects/shard-000000.tar", "objects/shard-000001.tar"],
      ...["store.json", "timings.jsonl"],
    ]);
    const entries = await scan(join(folder, "objects", "shard-000000.tar"));
    expect(entries.length).toBeGreaterThan(40);
    const { chains } = await lineageOf(folder, await readManifest(folder), "post-0");
    const [path = "", name = ""] = chains[0]?.calls[0]?.shown?.split(" ") ?? [];
    const picture = execFileSync("tar", ["xOf", path, name]);
    expect(sha256(picture)).toBe(chains[0]?.calls[0]?.content);
  });

  test("from before there were packs is read as it is, and after it is packed", async () => {
    const folder = join(work, "store");
    await makeStore(folder);
    const views: View[] = [];
    for await (const view of (await openViewStore(folder)).views()) views.push(view);
    const contents = await Promise.all(views.map(({ content }) => getObject(folder, content)));
    const count = await unpack(folder);
    const read = () => Promise.all(views.map(({ content }) => getObject(folder, content)));
    expect(await read()).toEqual(contents);
    writeFileSync(join(folder, "objects", "note.txt"), "mine");
    await using opened = await ContentReader.open(folder);
    expect(await packStore(folder)).toEqual({ packed: count, contents: count });
    expect(readdirSync(join(folder, "objects")).sort()).toEqual(["index", "note.txt", "shared-000000.tar"]);
    expect(await read()).toEqual(contents);
    expect(await Promise.all(views.map(({ content }) => opened.get(content)))).toEqual(contents); // opened before
    const index = readFileSync(storeLayout(folder).index);
    rmSync(storeLayout(folder).index);
    expect(await packStore(folder)).toEqual({ packed: 0, contents: count });
    expect(readFileSync(storeLayout(folder).index).equals(index)).toBe(true);
  });

  test("in progress shows where a content is, and one that is packed while it is read is found in its pack", async () => {
    const folder = join(work, "store");
    const contents = [contentOf(1, 10), contentOf(2, 10), contentOf(3, 10)];
    const [log, packed, shared] = contents.map((content) => sha256(content));
    const inProgress = await ShardContents.open(storeLayout(folder).contents(1));
    await inProgress.put(contents[0]!); // there are three
    await inProgress.close();
    await packOf(folder, 0, [contents[1]!]); // there are three
    await putShared(folder, contents[2]!); // there are three
    await using reader = await ContentReader.open(folder);
    for (const [i, hash] of [log, packed, shared].entries())
      expect(Buffer.compare(await reader.get(hash!), contents[i]!)).toBe(0); // a hash each
    await buildIndex(folder);
    rmSync(join(folder, "work"), { recursive: true });
    expect(Buffer.compare(await reader.get(packed!), contents[1]!)).toBe(0); // a hash each
  });

  test("is finished in parts: what a killed process had joined is kept", async () => {
    const names = Array.from({ length: 20 }, (_, i) => join(work, `part-${i}`));
    for (const [i, name] of names.entries()) writeFileSync(name, `${i} `.repeat(100));
    const whole = names.map((name) => readFileSync(name, "utf8")).join("");
    const [unfinished, path] = [join(work, "tmp", "ledger"), join(work, "ledger")];
    const last = names[12]!; // of 20
    const content = readFileSync(last);
    rmSync(last);
    await expect(joinFiles(names, unfinished, path, 700)).rejects.toThrow("ENOENT");
    const noted = JSON.parse(readFileSync(`${unfinished}.progress.json`, "utf8"));
    expect(noted.parts).toBeGreaterThan(8);
    writeFileSync(last, content);
    for (const name of names.slice(0, noted.parts)) rmSync(name); // so they are not read again
    await joinFiles(names, unfinished, path, 700);
    expect(readFileSync(path, "utf8")).toBe(whole);
    expect(existsSync(`${unfinished}.progress.json`)).toBe(false);
  });

  test("with an index but no ledger yet continues with the ledger", async () => {
    const folder = join(work, "store");
    await makeStore(folder, 3);
    const wanted = filesOf(folder);
    const layout = storeLayout(folder);
    mkdirSync(join(folder, "work", "parts"), { recursive: true });
    mkdirSync(join(folder, "work", "timings"), { recursive: true });
    writeFileSync(layout.part(0), readFileSync(layout.ledger));
    writeFileSync(layout.partTimings(0), readFileSync(layout.timings));
    rmSync(layout.ledger);
    rmSync(layout.timings);
    expect(await finishStore(folder, await readManifest(folder))).toBe(true);
    expect(filesOf(folder)).toEqual(wanted);
  });
});

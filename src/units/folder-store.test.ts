import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { folderStore } from "./folder-store.ts";
import { openObjectStore } from "./open-store.ts";
import { testObjectStore } from "./testing/store-contract.ts";

let folder: string;
let stores = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-folder-store-"));
});
afterAll(() => rm(folder, { recursive: true }));

const open = async () => folderStore(join(folder, String(stores++)));
testObjectStore("a folder", open);

it("does not list what killed writers left", async () => {
  const store = await open();
  await store.putIfAbsent("u/1", new Uint8Array(1));
  await writeFile(join(store.place, "u/2.e3b0c442-98fc-4c14-9afb-f4c8996fb924.tmp"), "half");
  await mkdir(join(store.place, ".snapshot"));
  const keys: string[] = [];
  for await (const key of store.list("")) keys.push(key);
  expect(keys).toEqual(["u/1"]);
});

it("says which file cannot be written", async () => {
  const store = await open();
  await writeFile(store.place, "a file where the folder should be");
  await expect(store.putIfAbsent("u/1", new Uint8Array(1))).rejects.toMatchObject({
    code: "data/cannot-write",
    place: join(store.place, "u/1"),
  });
});

it("is what a path opens; other addresses are refused", async () => {
  expect((await openObjectStore(folder)).place).toBe(folder);
  await expect(openObjectStore("ftp://host/posts")).rejects.toMatchObject({ code: "units/unknown-store" });
});

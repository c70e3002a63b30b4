// What every object store must do, as tests that each implementation runs.
import { describe, expect, it } from "vitest";
import type { ObjectStore } from "../object-store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys;
}

/** Tests a store; `open` gives a new, empty one. */
export function testObjectStore(name: string, open: () => Promise<ObjectStore>): void {
  describe(name, () => {
    it("keeps the first content of a key", async () => {
      const store = await open();
      expect(await store.has("a/b")).toBe(false);
      expect(await store.get("a/b")).toBeUndefined();
      expect(await store.putIfAbsent("a/b", bytes("first"))).toBe(true);
      expect(await store.putIfAbsent("a/b", bytes("second"))).toBe(false);
      expect(Buffer.from((await store.get("a/b")) ?? []).toString()).toBe("first");
      expect([await store.has("a/b"), await store.has("a")]).toEqual([true, false]);
    });

    it("lets exactly one of many writers win", async () => {
      const store = await open();
      const contents = Array.from({ length: 20 }, (_, i) => "x".repeat(10_000 * i) + String(i));
      const won = await Promise.all(contents.map((content) => store.putIfAbsent("key", bytes(content))));
      expect(won.filter(Boolean)).toHaveLength(1);
      const kept = Buffer.from((await store.get("key")) ?? []).toString();
      expect(kept).toBe(contents[won.indexOf(true)]);
      expect(await keysOf(store, "")).toEqual(["key"]);
    });

    it("lists keys by prefix in order, and forgets removed ones", async () => {
      const store = await open();
      const keys = ["u/1", "u/10", "u/2", "u-1", "u.1", "u/2x/3", "v"];
      for (const key of keys) await store.putIfAbsent(key, bytes(key));
      expect(await keysOf(store, "")).toEqual([...keys].sort());
      expect(await keysOf(store, "u/")).toEqual(["u/1", "u/10", "u/2", "u/2x/3"]);
      expect(await keysOf(store, "w/")).toEqual([]);
      await store.remove("u/10");
      await store.remove("u/10");
      expect(await keysOf(store, "u/")).toEqual(["u/1", "u/2", "u/2x/3"]);
      expect(await store.putIfAbsent("u/10", bytes("again"))).toBe(true);
    });

    it("keeps empty and binary content", async () => {
      const store = await open();
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await store.putIfAbsent("empty", new Uint8Array());
      await store.putIfAbsent("all", all);
      expect((await store.get("empty"))?.length).toBe(0);
      expect([...((await store.get("all")) ?? [])]).toEqual([...all]);
    });

    it.each(["", "/a", "a/", "../a", "a//b", ".a", "a/.b", "a b", "a.tmp"])(
      "refuses %j as a key",
      async (key) => {
        const store = await open();
        await expect(async () => store.putIfAbsent(key, bytes("x"))).rejects.toThrow("not a key");
        await expect(async () => store.get(key)).rejects.toThrow("not a key");
      },
    );
  });
}

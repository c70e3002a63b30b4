// Grouped attention against plain attention with its mask written out: which position may read which.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { addDimensions } from "../graph/dimension.ts";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { concatenate, reshape } from "../graph/operators/shape.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { evaluate } from "../graph/testing/check-gradients.ts";
import { stream } from "../training/random.ts";
import { attentionBias, multiHeadAttention } from "./attention.ts";
import { groupedAttention } from "./grouped-attention.ts";

const [BATCH, LENGTH, SIZE, COUNT, HEADS, WIDTH, PREFIX] = [2, 5, 4, 3, 2, 3, 2];
const HIDDEN = HEADS * WIDTH;
const ALL = LENGTH + SIZE * COUNT;
const TOKENS = [5, 4]; // the second text is one token shorter
const MASKED = -1e9;

type Given = Readonly<Record<string, HostTensor>>;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

function drawn(name: string, shape: readonly number[]): HostTensor {
  const draw = stream(5, 0, name);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: count }, () => draw.normal());
  return hostTensor("float32", shape, values);
}

const ROLES = ["query", "key", "value"] as const;
const given: Given = {
  ...Object.fromEntries(
    ROLES.flatMap((role) => [
      [`${role}/text`, drawn(`${role}/text`, [BATCH, LENGTH, HIDDEN])],
      [`${role}/groups`, drawn(`${role}/groups`, [BATCH, COUNT, SIZE, HIDDEN])],
    ]),
  ),
  mask: hostTensor(
    "float32",
    [BATCH, LENGTH],
    TOKENS.flatMap((tokens) => Array.from({ length: LENGTH }, (_, i) => (i < tokens ? 1 : 0))),
  ),
  "prefix/key": drawn("prefix/key", [BATCH, HEADS, PREFIX, WIDTH]),
  "prefix/value": drawn("prefix/value", [BATCH, HEADS, PREFIX, WIDTH]),
  shown: hostTensor("float32", [BATCH, HEADS, PREFIX], Array(BATCH * HEADS * PREFIX).fill(1)),
};

/** A text's states with those of its groups behind it. */
function joined(role: (typeof ROLES)[number]): Tensor {
  const text = input(`${role}/text`, "float32", ["batch", "length", HIDDEN]);
  const groups = input(`${role}/groups`, "float32", ["batch", "groups", SIZE, HIDDEN]);
  return concatenate([text, reshape(groups, ["batch", `${SIZE}*groups`, HIDDEN])], 1);
}

function prefixOf(shown: boolean) {
  const of = (name: string) => input(name, "float32", ["batch", HEADS, PREFIX, WIDTH]);
  return shown ? { key: of("prefix/key"), value: of("prefix/value") } : undefined;
}

async function grouped(shown: boolean, values: Given = given): Promise<number[]> {
  const mask = input("mask", "float32", ["batch", "length"]);
  const everyHead = concatenate(
    Array.from({ length: HEADS }, () => reshape(mask, ["batch", 1, "length"])),
    1,
  );
  const withPrefix = concatenate([input("shown", "float32", ["batch", HEADS, PREFIX]), everyHead], 2);
  const result = groupedAttention(
    joined("query"),
    joined("key"),
    joined("value"),
    { size: SIZE, count: "groups" },
    { heads: HEADS, prefix: prefixOf(shown), bias: attentionBias(shown ? withPrefix : mask) },
  );
  return (await evaluate(runtime, { result }, used(values, shown))).result!;
}

/** The rule: a text's token reads the text; a group's token reads the text and its own group. */
function mayRead(query: number, key: number, tokens: number): boolean {
  if (key < LENGTH) return key < tokens;
  if (query < LENGTH) return false;
  return Math.floor((query - LENGTH) / SIZE) === Math.floor((key - LENGTH) / SIZE);
}

async function writtenOut(shown: boolean): Promise<number[]> {
  const before = shown ? PREFIX : 0;
  const rows = TOKENS.flatMap((tokens) =>
    Array.from({ length: ALL }, (_, query) =>
      Array.from({ length: before + ALL }, (_, key) =>
        key < before || mayRead(query, key - before, tokens) ? 0 : MASKED,
      ),
    ).flat(),
  );
  const query = joined("query");
  const keys = addDimensions(before, query.axis(1));
  const result = multiHeadAttention(query, joined("key"), joined("value"), {
    heads: HEADS,
    prefix: prefixOf(shown),
    bias: input("bias", "float32", ["batch", 1, query.axis(1), keys]),
  });
  const bias = hostTensor("float32", [BATCH, 1, ALL, before + ALL], rows);
  const { mask: _, shown: __, ...others } = used(given, shown);
  return (await evaluate(runtime, { result }, { ...others, bias })).result!;
}

/** Without the inputs of a prefix that is not there. */
function used(values: Given, shown: boolean): Given {
  const isUsed = (name: string) => shown || !(name.startsWith("prefix/") || name === "shown");
  return Object.fromEntries(Object.entries(values).filter(([name]) => isUsed(name)));
}

/** The largest difference, at positions of the first text that `chosen` names. */
function difference(a: readonly number[], b: readonly number[], chosen: (position: number) => boolean) {
  const all = a.map((x, i) => (chosen(Math.floor(i / HIDDEN)) ? Math.abs(x - b[i]!) : 0));
  return Math.max(...all);
}

describe("groupedAttention", () => {
  it.each([false, true])(
    "equals plain attention with the mask written out, with a prefix: %s",
    async (shown) => {
      const [ours, reference] = [await grouped(shown), await writtenOut(shown)];
      expect(ours).toHaveLength(BATCH * ALL * HIDDEN);
      expect(difference(ours, reference, () => true)).toBeLessThan(1e-5);
    },
  );

  it("does not let a group change the text or another group", async () => {
    const before = await grouped(true);
    const changed: Record<string, HostTensor> = { ...given };
    for (const role of ROLES) {
      const { shape, data } = given[`${role}/groups`] as HostTensor<"float32">;
      const others = Float32Array.from(data);
      others.fill(3, SIZE * HIDDEN, 2 * SIZE * HIDDEN); // the second group of the first text
      changed[`${role}/groups`] = hostTensor("float32", shape, others);
    }
    const after = await grouped(true, changed);
    const isSecond = (position: number) => Math.floor((position - LENGTH) / SIZE) === 1;
    expect(difference(before, after, (position) => !isSecond(position))).toBe(0);
    expect(difference(before, after, isSecond)).toBeGreaterThan(0.1);
  });
});

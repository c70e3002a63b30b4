import { expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { gradients } from "../graph/gradients.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { reduceSum } from "../graph/operators/broadcasting.ts";
import { input } from "../graph/tensor.ts";
import { evaluate } from "../graph/testing/check-gradients.ts";
import { meanOfSpan } from "./entity-pair.ts";

it("the mean of a span's states is theirs alone, and zeros for an empty span", async () => {
  await using runtime = await Runtime.open({ threads: 1 });
  const hidden = input("hidden", "float32", ["batch", "length", 2]);
  const mean = meanOfSpan(hidden, "span");
  const [gradient] = gradients(reduceSum(mean), [hidden]);
  const found = await evaluate(
    runtime,
    { mean, gradient: gradient! },
    {
      hidden: hostTensor("float32", [2, 3, 2], [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]),
      span: hostTensor("int64", [2, 2], [1, 3, 2, 2]),
    },
  );
  expect(found.mean).toEqual([4, 5, 0, 0]);
  expect(found.gradient).toEqual([0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0]);
});

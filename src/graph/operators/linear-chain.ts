// The log partition function of a linear-chain conditional random field, with its gradient by the backward recursion.
import { requireDType, shapeError } from "../checks.ts";
import { type Dimension, sameShape } from "../dimension.ts";
import type { Lowering } from "../lowering.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";

const definition: OperatorDefinition<null> = {
  name: "chainLogPartition",
  gradient: ({ inputs, outputs }, [gradient]) => {
    const [emissions, mask, start, end, transitions] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [forEmissions, forStart, forEnd, forTransitions] = apply(
      gradientDefinition,
      [emissions, mask, end, transitions, outputs[1]!, gradient!],
      null,
      [emissions, start, end, transitions].map(({ shape }) => ({ dtype: "float32" as const, shape })),
    ) as [Tensor, Tensor, Tensor, Tensor];
    return [forEmissions, undefined, forStart, forEnd, forTransitions];
  },
  lower: ({ inputs }, l) => {
    const [emissions, mask, start, end, transitions] = inputs.map((x) => l.name(x)) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const { first, rest } = alongTime(l, emissions, mask);
    const begin = l.node("Add", [first, start]); // [batch, tags]
    const [last, later] = l.scan([begin], rest, ([alpha], [emission, keep]) => {
      const paths = l.node("Add", [l.node("Unsqueeze", [alpha!, l.int64([2])]), transitions]); // [batch, from, to]
      const reached = l.node("Add", [logSumExp(l, paths, 1), emission!]);
      const next = blend(l, keep!, reached, alpha!);
      return { states: [next], outputs: [l.node("Identity", [next])] };
    });
    const alphas = l.node("Concat", [l.node("Unsqueeze", [begin, l.int64([0])]), later!], {
      attributes: { axis: 0 },
    });
    return [logSumExp(l, l.node("Add", [last!, end]), 1), alphas];
  },
};

/**
 * With alpha_t the forward scores and g_t the gradient of alpha_t, from the last position backwards: the path i -> j has the share
 * exp(alpha_{t-1}[i] + transition[i, j] + emission_t[j] - alpha_t[j]) of alpha_t[j].
 */
const gradientDefinition: OperatorDefinition<null> = {
  name: "chainLogPartitionGradient",
  lower: ({ inputs }, l) => {
    const [emissions, mask, end, transitions, alphas, gradient] = inputs.map((x) => l.name(x)) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const { rest } = alongTime(l, emissions, mask);
    const all = l.int64([Number.MAX_SAFE_INTEGER]);
    const zero = l.int64([0]);
    const one = l.int64([1]);
    const previous = l.node("Slice", [alphas, zero, l.int64([-1]), zero]); // alpha_0 .. alpha_{L-2}
    const current = l.node("Slice", [alphas, one, all, zero]);
    const lastAlpha = l.node("Squeeze", [l.node("Slice", [alphas, l.int64([-1]), all, zero]), zero]);
    const ending = l.node("Softmax", [l.node("Add", [lastAlpha, end])], { attributes: { axis: -1 } });
    const lastGradient = l.node("Mul", [ending, l.node("Unsqueeze", [gradient, one])]);
    const noTransitions = l.node("Sub", [transitions, transitions]);
    const [firstGradient, forTransitions, later] = l.scan(
      [lastGradient, noTransitions],
      [...rest, previous, current],
      ([g, sum], [emission, keep, before, after]) => {
        const scores = l.node("Add", [l.node("Unsqueeze", [before!, l.int64([2])]), transitions]);
        const arriving = l.node("Unsqueeze", [l.node("Sub", [emission!, after!]), l.int64([1])]);
        const share = l.node("Exp", [l.node("Add", [scores, arriving])]); // [batch, from, to]
        const kept = l.node("Mul", [g!, keep!]);
        const flow = l.node("Mul", [share, l.node("Unsqueeze", [kept, l.int64([1])])]);
        const back = l.node("ReduceSum", [flow, l.int64([2])], { attributes: { keepdims: 0 } });
        const total = l.node("Add", [
          sum!,
          l.node("ReduceSum", [flow, l.int64([0])], { attributes: { keepdims: 0 } }),
        ]);
        return { states: [blend(l, keep!, back, g!), total], outputs: [kept] };
      },
      true,
    ) as [string, string, string];
    const perTime = l.node("Concat", [l.node("Unsqueeze", [firstGradient, zero]), later], {
      attributes: { axis: 0 },
    });
    const sumOverBatch = (name: string) => l.node("ReduceSum", [name, zero], { attributes: { keepdims: 0 } });
    return [
      l.node("Transpose", [perTime], { attributes: { perm: [1, 0, 2] } }),
      sumOverBatch(firstGradient),
      sumOverBatch(lastGradient),
      forTransitions,
    ];
  },
};

/** Emissions with time in front: the first position [batch, tags], and the rest with their masks, [length - 1, batch, tags or 1]. */
function alongTime(l: Lowering, emissions: string, mask: string) {
  const zero = l.int64([0]);
  const one = l.int64([1]);
  const all = l.int64([Number.MAX_SAFE_INTEGER]);
  const byTime = l.node("Transpose", [emissions], { attributes: { perm: [1, 0, 2] } });
  const first = l.node("Squeeze", [l.node("Slice", [byTime, zero, one, zero]), zero]);
  const maskByTime = l.node("Unsqueeze", [
    l.node("Transpose", [mask], { attributes: { perm: [1, 0] } }),
    l.int64([2]),
  ]);
  const rest = [byTime, maskByTime].map((name) => l.node("Slice", [name, one, all, zero]));
  return { first, rest };
}

/** `a` where `keep` is 1, `b` where it is 0. */
function blend(l: Lowering, keep: string, a: string, b: string): string {
  return l.node("Where", [l.node("Greater", [keep, l.floatScalar(0.5)]), a, b]);
}

function logSumExp(l: Lowering, x: string, axis: number): string {
  return l.node("ReduceLogSumExp", [x, l.int64([axis])], { attributes: { keepdims: 0 } });
}

/**
 * log of the sum over all tag sequences of exp(score), per row: [batch]. A sequence's score is start[y_0] + end[y_last] + the emissions
 * [batch, length, tags] of its tags + transitions[from, to] between neighbours; `mask` float32 [batch, length] is 1 for real positions,
 * which must come first in a row and be at least one.
 */
export function chainLogPartition(
  emissions: Tensor,
  mask: Tensor,
  start: Tensor,
  end: Tensor,
  transitions: Tensor,
): Tensor {
  const name = "chainLogPartition";
  requireDType(name, ["float32"], emissions, mask, start, end, transitions);
  const [batch, length, tags] = emissions.shape as readonly [Dimension, Dimension, Dimension];
  const fits =
    emissions.rank === 3 &&
    sameShape(mask.shape, [batch, length]) &&
    sameShape(start.shape, [tags]) &&
    sameShape(end.shape, [tags]) &&
    sameShape(transitions.shape, [tags, tags]);
  if (!fits) {
    throw shapeError(
      name,
      "emissions, mask, start, end and transitions do not fit",
      [emissions, mask, start, end, transitions].map(({ shape }) => shape),
      "Use [batch, length, tags], [batch, length], [tags], [tags], [tags, tags].",
    );
  }
  return apply(definition, [emissions, mask, start, end, transitions], null, [
    { dtype: "float32", shape: [batch] },
    { dtype: "float32", shape: [length, batch, tags] },
  ])[0]!;
}

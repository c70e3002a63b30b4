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
    const { first, steps } = alongTime(l, emissions, mask);
    const levelled = (scores: string) => {
      // Sums over many positions grow; keeping them near 0 preserves the precision of differences between tags.
      const most = l.node("ReduceMax", [scores, l.int64([1])], { attributes: { keepdims: 1 } });
      return [l.node("Sub", [scores, most]), most] as const;
    };
    const [begin, level] = levelled(l.node("Add", [first, start])); // [batch, tags], [batch, 1]
    const [last, lastLevel, alphas] = l.scan([begin, level], steps, ([alpha, sum], [emission, keep]) => {
      const paths = l.node("Add", [l.node("Unsqueeze", [alpha!, l.int64([2])]), transitions]); // [batch, from, to]
      const [reached, rise] = levelled(l.node("Add", [logSumExp(l, paths, 1), emission!]));
      const next = blend(l, keep!, reached, alpha!);
      const risen = blend(l, keep!, l.node("Add", [sum!, rise]), sum!);
      return { states: [next, risen], outputs: [l.node("Identity", [next])] };
    }) as [string, string, string];
    const ended = logSumExp(l, l.node("Add", [last, end]), 1);
    return [l.node("Add", [ended, l.node("Squeeze", [lastLevel, l.int64([1])])]), alphas];
  },
};

/**
 * Let alpha_t be the forward scores (levelled: only their differences matter) and g_t the gradient of alpha_t, from the last position
 * backwards. The path i -> j has the share softmax over i of alpha_{t-1}[i] + transition[i, j] of alpha_t[j]. The exponential of the
 * path's score minus alpha_t[j] would be the same number, but a softmax cannot overflow where alpha_t belongs to no such path (past a
 * row's end), and the shares of one tag sum to 1 even if rounding has shifted large scores.
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
    const {
      steps: [, keeps],
    } = alongTime(l, emissions, mask);
    const [all, zero, one] = [l.int64([Number.MAX_SAFE_INTEGER]), l.int64([0]), l.int64([1])];
    const transposed = (name: string) => l.node("Transpose", [name], { attributes: { perm: [1, 0] } });
    const arrivals = transposed(transitions); // [to, from]
    // alpha_{t-1} of every position; the first has none, and since its step is masked any row of the shape will do
    const previous = l.node(
      "Concat",
      [l.node("Slice", [alphas, zero, one, zero]), l.node("Slice", [alphas, zero, l.int64([-1]), zero])],
      { attributes: { axis: 0 } },
    );
    const lastAlpha = l.node("Squeeze", [l.node("Slice", [alphas, l.int64([-1]), all, zero]), zero]);
    const ending = l.node("Softmax", [l.node("Add", [lastAlpha, end])], { attributes: { axis: -1 } });
    const lastGradient = l.node("Mul", [ending, l.node("Unsqueeze", [gradient, one])]);
    const nothing = l.node("Sub", [arrivals, arrivals]);
    const [firstGradient, forArrivals, perStep] = l.scan(
      [lastGradient, nothing],
      [keeps, previous],
      ([g, sum], [keep, before]) => {
        const scores = l.node("Add", [l.node("Unsqueeze", [before!, one]), arrivals]); // [batch, to, from]
        const share = l.node("Softmax", [scores], { attributes: { axis: -1 } });
        const kept = l.node("Mul", [g!, keep!]);
        const flow = l.node("Mul", [share, l.node("Unsqueeze", [kept, l.int64([2])])]);
        const sumOver = (axis: number) =>
          l.node("ReduceSum", [flow, l.int64([axis])], { attributes: { keepdims: 0 } });
        return {
          states: [blend(l, keep!, sumOver(1), g!), l.node("Add", [sum!, sumOver(0)])],
          outputs: [kept],
        };
      },
      true,
    ) as [string, string, string];
    const later = l.node("Slice", [perStep, one, all, zero]);
    const perTime = l.node("Concat", [l.node("Unsqueeze", [firstGradient, zero]), later], {
      attributes: { axis: 0 },
    });
    const sumOverBatch = (name: string) => l.node("ReduceSum", [name, zero], { attributes: { keepdims: 0 } });
    return [
      l.node("Transpose", [perTime], { attributes: { perm: [1, 0, 2] } }),
      sumOverBatch(firstGradient),
      sumOverBatch(lastGradient),
      transposed(forArrivals),
    ];
  },
};

/**
 * Inputs of a scan over time: the emissions of the first position [batch, tags], and for every position its emissions and mask,
 * [length, batch, tags or 1]. The first position is masked, since no step leads to it; a text of one position still has one step.
 */
function alongTime(l: Lowering, emissions: string, mask: string) {
  const [all, zero, one] = [l.int64([Number.MAX_SAFE_INTEGER]), l.int64([0]), l.int64([1])];
  const byTime = l.node("Transpose", [emissions], { attributes: { perm: [1, 0, 2] } });
  const first = l.node("Squeeze", [l.node("Slice", [byTime, zero, one, zero]), zero]);
  const columns = l.node("Transpose", [mask], { attributes: { perm: [1, 0] } });
  const noStep = l.node("Mul", [l.node("Slice", [columns, zero, one, zero]), l.floatScalar(0)]);
  const keeps = l.node("Concat", [noStep, l.node("Slice", [columns, one, all, zero])], {
    attributes: { axis: 0 },
  });
  return { first, steps: [byTime, l.node("Unsqueeze", [keeps, l.int64([2])])] as const };
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
 * which must be at the start of a row; every row needs at least one.
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

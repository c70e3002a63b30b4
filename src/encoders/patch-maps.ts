// Maps of picture transformers: the states of the patches, averaged over the quadrants of the picture.

import { hostTensor } from "../graph/host-tensor.ts";
import { matmul } from "../graph/operators/matrix.ts";
import { reshape, slice, transpose } from "../graph/operators/shape.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { type PatchConfig, positionCount } from "./vision-layers.ts";

/** Height and width of the maps. */
const MAP_SIDE = 2;

/**
 * States [batch, before + patches, hidden], the patches last -> maps [batch, hidden, 2, 2]. An odd grid is
 * split into halves that differ by one row or column, the smaller at the top and left; a single patch fills
 * all quadrants.
 */
export function patchMaps(states: Tensor, config: PatchConfig, before = 1): Tensor {
  const patches = positionCount(config) - 1;
  const side = Math.sqrt(patches);
  const rows = slice(states, 1, before, before + patches);
  const means = matmul(constant(hostTensor("float32", [MAP_SIDE ** 2, patches], quadrantShares(side))), rows);
  const maps = transpose(means, [0, 2, 1]);
  return reshape(maps, [states.axis(0), config.hiddenSize, MAP_SIDE, MAP_SIDE]);
}

/** Weight of each patch in the mean of each quadrant: [4, side * side], row by row. */
function quadrantShares(side: number): number[] {
  const half = (index: number) => {
    const start = Math.floor((index * side) / MAP_SIDE);
    return { start, end: Math.max(start + 1, Math.floor(((index + 1) * side) / MAP_SIDE)) };
  };
  const shares: number[] = [];
  for (let quadrant = 0; quadrant < MAP_SIDE ** 2; quadrant++) {
    const rows = half(Math.floor(quadrant / MAP_SIDE));
    const columns = half(quadrant % MAP_SIDE);
    const count = (rows.end - rows.start) * (columns.end - columns.start);
    for (let patch = 0; patch < side * side; patch++) {
      const row = Math.floor(patch / side);
      const column = patch % side;
      const inside = row >= rows.start && row < rows.end && column >= columns.start && column < columns.end;
      shares.push(inside ? 1 / count : 0);
    }
  }
  return shares;
}

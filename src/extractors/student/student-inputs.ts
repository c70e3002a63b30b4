// Fills the graph inputs of the student: tokens or cached states, mention spans, views with their mask, the real picture.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import { type HostTensor, hostTensor, zeros } from "../../graph/host-tensor.ts";
import type { PictureSizes } from "../../models/mi2rage/config.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import { spanInputs } from "../relation/batch-inputs.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import type { Shown } from "./draw-views.ts";
import type { StudentExample, StudentView } from "./student-example.ts";

type Inputs = Record<string, HostTensor>;

export interface InputOptions {
  readonly real: "text" | "picture";
  readonly picture: PictureSizes | undefined;
  readonly padId: number;
  /** States instead of tokens, if the lower layers are frozen. */
  readonly states: LowerStates | undefined;
}

/** An absent view: no token is attended to, and the view's mask is 0. */
const NO_TEXT = { ids: [], headSpan: [0, 1], tailSpan: [0, 1] } as const;
type TextRow = Pick<RelationInput, "ids" | "headSpan" | "tailSpan">;

/** Fills the inputs of a batch with `columns` views per example; missing views are masked. */
export function studentInputs(
  batch: readonly Shown<StudentExample>[],
  columns: number,
  { real, picture, padId, states }: InputOptions,
): Inputs {
  const texts: TextRow[] =
    real === "text"
      ? batch.map(({ example }) => example.input)
      : batch.flatMap(({ views }) => Array.from({ length: columns }, (_, i) => textOf(views[i])));
  const { input_ids, attention_mask } = tokenInputs(texts, padId) as Record<string, HostTensor<"int64">>;
  const inputs: Inputs = {
    attention_mask: attention_mask!,
    ...(states ? { states: states.batch(texts, attention_mask!.shape[1]!) } : { input_ids: input_ids! }),
    ...spanInputs(texts.map((input) => ({ input }))),
  };
  if (!picture) return inputs;
  if (real === "text") return { ...inputs, ...pictureViewInputs(batch, columns, picture) };
  return {
    ...inputs,
    ...pictureInputs(
      "picture",
      [batch.length],
      batch.map(({ example }) => example.visual),
      picture,
    ),
    picture_mask: hostTensor(
      "float32",
      [batch.length, 1],
      batch.map(({ example }) => (example.visual ? 1 : 0)),
    ),
    view_mask: viewMask(batch, columns),
  };
}

/** Pictures as views: `view_maps`, `view_logits` and `view_mask`. */
export function pictureViewInputs(
  batch: readonly Pick<Shown<unknown>, "views">[],
  columns: number,
  sizes: PictureSizes,
): Inputs {
  return {
    ...pictureInputs("view", [batch.length, columns], viewPictures(batch, columns), sizes),
    view_mask: viewMask(batch, columns),
  };
}

function viewMask(batch: readonly Pick<Shown<unknown>, "views">[], columns: number): HostTensor {
  const mask = zeros("float32", [batch.length, columns]);
  batch.forEach(({ views }, row) => {
    mask.data.fill(1, row * columns, row * columns + views.length);
  });
  return mask;
}

function textOf(view: StudentView | undefined): TextRow {
  return view?.kind === "text" ? view.input : NO_TEXT;
}

function viewPictures(
  batch: readonly Pick<Shown<unknown>, "views">[],
  columns: number,
): (VisualFeatures | undefined)[] {
  return batch.flatMap(({ views }) =>
    Array.from({ length: columns }, (_, i) => {
      const view = views[i];
      return view?.kind === "picture" ? view.visual : undefined;
    }),
  );
}

/** Only whole pictures: the first map of each. */
function pictureInputs(
  name: string,
  shape: readonly number[],
  pictures: readonly (VisualFeatures | undefined)[],
  sizes: PictureSizes,
): Inputs {
  const maps = zeros("float32", [...shape, sizes.maps]);
  const logits = zeros("float32", [...shape, sizes.classes]);
  pictures.forEach((visual, i) => {
    if (!visual) return;
    maps.data.set(visual.maps[0]!, i * sizes.maps); // every picture has a whole-picture map
    logits.data.set(visual.pooled, i * sizes.classes);
  });
  return { [`${name}_maps`]: maps, [`${name}_logits`]: logits };
}

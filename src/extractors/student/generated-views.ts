// The generated views that a set of examples may use: read from a store, turned into features, and counted.
import { DataError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { PictureView } from "../../synthesis/view.ts";
import type { VisualFeatures, VisualInput } from "../../visual/visual-channel.ts";
import type { ViewAccount } from "../requests.ts";
import { featuresOfPictures, readStoreViews, type StoreViews } from "./store-views.ts";
import type { StudentView } from "./student-example.ts";

/** Which views of which store to use. */
export interface WantedViews {
  readonly store: string;
  readonly rounds?: number | undefined;
  readonly chains?: number | undefined;
  readonly asManyAsRounds?: number | undefined;
  /** The views are texts made from real texts. Default: views of the other modality. */
  readonly rewritten?: boolean | undefined;
  /** The documents' own other modality must be ignored, even if it exists. */
  readonly hidesOwn: boolean;
  /** The channel that encodes generated pictures; needed if the text is real. */
  readonly visual: VisualInput | undefined;
}

/** The views of a store, with the features of its pictures by content, if there are pictures. */
export async function readWantedViews(
  wanted: WantedViews,
  real: "text" | "picture",
  onPreparation: OnPreparation,
): Promise<{ readonly stored: StoreViews; readonly pictures: ReadonlyMap<string, VisualFeatures> }> {
  const stored = await readStoreViews(wanted.store, { real, ...wanted });
  if (real === "picture" || wanted.rewritten) return { stored, pictures: new Map() };
  const { visual } = wanted;
  if (!visual) throw new Error("pictures are to be read, but no visual channel was given");
  const views = [...stored.byInstance.values()].flat();
  const found = views.filter((view): view is PictureView => view.kind === "picture");
  return { stored, pictures: await featuresOfPictures(found, visual.channel, onPreparation) };
}

/** What examples got of a store. */
export interface GivenViews {
  /** The file of the documents. */
  readonly source: string;
  readonly examples: readonly { readonly views?: readonly StudentView[] }[];
  /** The instances of the examples. */
  readonly known: ReadonlySet<string>;
  readonly undecodable: number;
}

/** Counts the views of a store. @throws DataError `data/no-views` if no example has any */
export function accountOfViews(
  { store, asManyAsRounds }: WantedViews,
  stored: StoreViews,
  { source, examples, known, undecodable }: GivenViews,
): ViewAccount {
  const without = examples.filter(({ views = [] }) => views.length === 0).length;
  if (without === examples.length) throw noViews(store, source, stored);
  return {
    store,
    accepted: stored.accepted,
    ...(asManyAsRounds === undefined ? {} : { notDrawn: stored.notDrawn }),
    rejected: stored.rejected,
    ofOtherDocuments: [...stored.byInstance].reduce(
      (sum, [instance, views]) => sum + (known.has(instance) ? 0 : views.length),
      0,
    ),
    undecodable,
    examplesWithoutViews: without,
  };
}

function noViews(store: string, source: string, { byInstance }: StoreViews): DataError {
  const examples = [...byInstance.keys()].slice(0, 3);
  return new DataError({
    code: "data/no-views",
    message: `no example of ${source} has a view in ${store} (its instances are ${examples.map((id) => JSON.stringify(id)).join(", ") || "none"} ...)`,
    place: store,
    remedy: "Make the store from exactly these documents; their ids must match.",
  });
}

// Builds contact sheets from generated views, teachers' scores and selections.
import { resolve } from "node:path";
import { parseCaptionedPicture } from "../synthesis/generators/captioned-picture.ts";
import { CAPTIONED_PICTURE } from "../synthesis/generators/generator.ts";
import { readContent } from "../synthesis/store/object-store.ts";
import type { View } from "../synthesis/view.ts";
import type { ContactSheet, Highlight, SheetContent, SheetInstance, SheetView } from "./report-data.ts";

/** The outcome of a view; views without a row were never scored. */
export interface ViewScore {
  /** The view's id. */
  readonly view: string;
  /** The teacher's cross-entropy in nats. */
  readonly crossEntropy?: number;
  /** Whether a selection kept it; absent if there was no selection. */
  readonly kept?: boolean;
  readonly reason?: string;
}

/** An instance's real view and its label, if known. */
export interface RealView {
  readonly label?: string;
  readonly content: SheetContent;
}

export interface ContactSheetOptions {
  readonly title: string;
  readonly description?: string | undefined;
  /** Number of instances to show, from the first on; the others are only counted. Default 12. */
  readonly most?: number | undefined;
  /** Instances to show instead of the first ones, in this order. */
  readonly instances?: readonly string[] | undefined;
  readonly real?: (instance: string) => RealView | undefined;
  /** Base folder for relative paths of stores. */
  readonly folder?: string | undefined;
  /** Names of the mentions' highlights in generated texts; default "head", "tail", then "mention 3" and so on. */
  readonly mentionNames?: readonly string[] | undefined;
}

const DEFAULT_INSTANCES = 12;
const MENTION_NAMES = ["head", "tail"];

/**
 * Collects the candidate views (odd steps) of some instances by chain and round.
 *
 * @example
 * const store = await openViewStore("views");
 * const sheet = await contactSheetOf(store.views(), scores, { title: "Pictures from texts" });
 */
export async function contactSheetOf(
  views: Iterable<View> | AsyncIterable<View>,
  scores: ReadonlyMap<string, ViewScore>,
  options: ContactSheetOptions,
): Promise<ContactSheet> {
  const { instances: wanted, most = DEFAULT_INSTANCES } = options;
  const byInstance = new Map<string, View[]>((wanted ?? []).map((id) => [id, []]));
  const others = new Set<string>();
  for await (const view of views) {
    if (view.step % 2 === 0) continue; // intermediate: of the real view's kind, so not trained on
    const known = byInstance.get(view.instance);
    if (known !== undefined) known.push(view);
    else if (wanted === undefined && byInstance.size < most) byInstance.set(view.instance, [view]);
    else others.add(view.instance);
  }
  const shown: SheetInstance[] = [];
  for (const [id, some] of byInstance) shown.push(await instanceOf(id, some, scores, options));
  return {
    kind: "contact-sheet",
    title: options.title,
    description: options.description,
    instances: shown,
    omitted: others.size,
  };
}

async function instanceOf(
  id: string,
  views: readonly View[],
  scores: ReadonlyMap<string, ViewScore>,
  options: ContactSheetOptions,
): Promise<SheetInstance> {
  const real = options.real?.(id);
  return {
    id,
    ...(real?.label === undefined ? {} : { label: real.label }),
    ...(real === undefined ? {} : { real: real.content }),
    views: await Promise.all(views.map((view) => sheetView(view, scores.get(view.id), options))),
  };
}

async function sheetView(
  view: View,
  score: ViewScore | undefined,
  options: ContactSheetOptions,
): Promise<SheetView> {
  const reason = view.rejected ?? score?.reason;
  return {
    chain: view.chain,
    round: view.round,
    content: await contentOf(view, options),
    outcome: outcomeOf(view, score),
    crossEntropy: score?.crossEntropy,
    reason,
  };
}

function outcomeOf(view: View, score: ViewScore | undefined): SheetView["outcome"] {
  if (view.rejected !== undefined) return "rejected";
  if (score?.kept === undefined) return "candidate";
  return score.kept ? "kept" : "dropped";
}

async function contentOf(
  view: View,
  { folder, mentionNames = MENTION_NAMES }: ContactSheetOptions,
): Promise<SheetContent> {
  switch (view.kind) {
    case "picture": {
      const store = folder === undefined ? view.store : resolve(folder, view.store);
      if (view.mediaType === CAPTIONED_PICTURE) {
        const { picture, caption } = parseCaptionedPicture(await readContent({ ...view, store }));
        return { kind: "text", text: `picture ${picture}, by its caption:\n${caption}` };
      }
      const alt = `generated picture, chain ${view.chain + 1}, round ${view.round}`;
      return { kind: "picture", picture: { from: "store", store, content: view.content, alt } };
    }
    case "text": {
      const highlights = view.mentions.map(
        ({ start, end }, i): Highlight => ({ start, end, label: mentionNames[i] ?? `mention ${i + 1}` }),
      );
      return { kind: "text", text: view.text, ...(highlights.length > 0 ? { highlights } : {}) };
    }
    default:
      return view satisfies never;
  }
}

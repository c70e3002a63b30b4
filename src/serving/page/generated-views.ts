// Generated views of a store, by what teachers say of each: places in the ledger and scores are in memory, contents are read when asked for.
import { type FileHandle, open } from "node:fs/promises";
import { readScores } from "../../extractors/student/scores-file.ts";
import { parseCaptionedPicture } from "../../synthesis/generators/captioned-picture.ts";
import { CAPTIONED_PICTURE } from "../../synthesis/generators/generator.ts";
import { storeLayout } from "../../synthesis/store/layout.ts";
import {
  type ContentRow,
  hasContent,
  type LedgerRow,
  ledgerRowSchema,
} from "../../synthesis/store/ledger-row.ts";
import { damagedStore } from "../../synthesis/store/manifest.ts";
import { getObject } from "../../synthesis/store/object-store.ts";
import { openViewStore } from "../../synthesis/store/open-store.ts";
import type { ListedView } from "./answers.ts";
import { type LinePlace, linesWithPlaces, readLineAt } from "./line-file.ts";
import { type SentPicture, sentPicture } from "./page-pictures.ts";
import { type Cursor, pageOf } from "./queue-order.ts";

/** A teacher's verdict on a view. */
interface Verdict {
  readonly label: string;
  readonly score: number;
  readonly adds: number;
  readonly predicted: string;
}

export class GeneratedViews {
  readonly #folder: string;
  readonly #ledger: FileHandle;
  readonly #places: readonly LinePlace[];
  readonly #byId: ReadonlyMap<string, number>;
  readonly #verdicts: readonly (Verdict | undefined)[];

  private constructor(
    folder: string,
    ledger: FileHandle,
    index: {
      readonly places: readonly LinePlace[];
      readonly byId: ReadonlyMap<string, number>;
      readonly verdicts: readonly (Verdict | undefined)[];
    },
  ) {
    this.#folder = folder;
    this.#ledger = ledger;
    this.#places = index.places;
    this.#byId = index.byId;
    this.#verdicts = index.verdicts;
  }

  /**
   * Opens `STORE` or `STORE=SCORES`, a folder of teachers' scores.
   *
   * @throws SynthesisError `synthesis/no-such-store`, `synthesis/incomplete-store`, `synthesis/damaged-store`; DataError `data/no-scores`, `data/bad-scores`
   */
  static async open(given: string): Promise<GeneratedViews> {
    const [, folder = given, scores] = /^(.*?)(?:=(.*))?$/s.exec(given) ?? [];
    await openViewStore(folder); // complete, or it says what is missing
    const known = scores === undefined ? new Map<string, Verdict>() : await verdictsOf(scores);
    const { ledger } = storeLayout(folder);
    const places: LinePlace[] = [];
    const byId = new Map<string, number>();
    const verdicts: (Verdict | undefined)[] = [];
    for await (const { offset, length, line, text } of linesWithPlaces(ledger)) {
      const row = rowOf(text, `${ledger}:${line}`);
      // Steps in between are of the real view's kind, and never trained on.
      if (!hasContent(row) || row.step % 2 === 0) continue;
      byId.set(row.call, places.length);
      places.push({ offset, length });
      verdicts.push(known.get(row.call));
    }
    return new GeneratedViews(folder, await open(ledger, "r"), { places, byId, verdicts });
  }

  /** A page of the list: by score from the lowest, or from the highest; views without a score come last. */
  async list(request: {
    readonly order: "score" | "-score";
    readonly limit: number;
    readonly after: Cursor | undefined;
  }): Promise<{ readonly views: readonly ListedView[]; readonly next: Cursor | undefined }> {
    const { order, limit, after } = request;
    const sign = order === "score" ? -1 : 1;
    const { items, next } = pageOf({
      ...{ count: this.#places.length, limit, after },
      isWanted: () => true,
      keyOf: (index) => {
        const verdict = this.#verdicts[index];
        return verdict === undefined ? -UNSCORED : sign * verdict.score;
      },
    });
    return { views: await Promise.all(items.map((index) => this.#listed(index))), next };
  }

  /** The picture of a view; undefined for an id that there is not, and for a text. */
  async picture(id: string): Promise<SentPicture | undefined> {
    const index = this.#byId.get(id);
    if (index === undefined) return undefined;
    const row = await this.#read(index);
    if (row.kind !== "picture" || row.mediaType === CAPTIONED_PICTURE) return undefined;
    return sentPicture(Buffer.from(await getObject(this.#folder, row.content)));
  }

  async close(): Promise<void> {
    await this.#ledger.close();
  }

  async #read(index: number): Promise<ContentRow> {
    const { ledger } = storeLayout(this.#folder);
    const row = rowOf(await readLineAt(this.#ledger, this.#places[index]!), ledger);
    if (!hasContent(row)) throw damagedStore(ledger, "was changed while it was served");
    return row;
  }

  async #listed(index: number): Promise<ListedView> {
    const row = await this.#read(index);
    const verdict = this.#verdicts[index];
    return {
      id: row.call,
      document: row.instance,
      ...(await this.#contentOf(row)),
      label: verdict?.label ?? "",
      score: verdict?.score ?? null,
      ...(verdict ? { adds: verdict.adds, predicted: verdict.predicted } : {}),
      kept: row.state === "generated",
      ...(row.state === "rejected" ? { reason: row.reason } : {}),
      round: Math.ceil(row.step / 2),
      chain: String(row.chain + 1),
    };
  }

  async #contentOf(row: ContentRow): Promise<Pick<ListedView, "text" | "picture">> {
    if (row.kind === "text")
      return { text: row.text ?? new TextDecoder().decode(await getObject(this.#folder, row.content)) };
    if (row.mediaType !== CAPTIONED_PICTURE) return { picture: true };
    return { text: parseCaptionedPicture(await getObject(this.#folder, row.content)).caption };
  }
}

/** Beyond any cross-entropy, so that views without a score come last. */
const UNSCORED = 1e9;

async function verdictsOf(folder: string): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  for (const { label, withoutView, views } of (await readScores(folder)).rows.values()) {
    for (const { id, crossEntropy, predicted } of views) {
      const score = crossEntropy.at(-1);
      if (score === undefined) continue;
      verdicts.set(id, { label, score, adds: (withoutView.at(-1) ?? score) - score, predicted });
    }
  }
  return verdicts;
}

function rowOf(text: string, place: string): LedgerRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damagedStore(place, "is not JSON", cause);
  }
  const row = ledgerRowSchema.safeParse(value);
  if (row.success) return row.data;
  throw damagedStore(place, "is not a row of this file", row.error);
}

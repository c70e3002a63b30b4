// Writes the model card of a bundle or a model, unless people have edited it.

import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { ConfigError } from "../../base/errors.ts";
import { exists } from "../../base/exists.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { sha256 } from "../../base/sha256.ts";
import { readWholeText } from "../../base/whole-file.ts";
import type { Measurement } from "../../extractors/shared/measured-scores.ts";
import { cardFacts } from "./card-facts.ts";
import { CARD_TEXT } from "./card-files.ts";
import { readCard, type Stated, statedSchema, withMeasurements, writeCardRecord } from "./card-record.ts";
import { cardText } from "./card-text.ts";

/** What to change on a card. */
export interface CardChanges {
  readonly stated?: Partial<Stated> | undefined;
  /** Scores of the model as it is now. */
  readonly measured?: readonly Measurement[] | undefined;
  /** Replace a README.md that people have edited, too; default false. */
  readonly replaceEdited?: boolean | undefined;
  /** What the model is called; default: the folder's name, or that of its run. */
  readonly name?: string | undefined;
}

/** A card after writing. */
export interface WrittenCard {
  readonly place: string;
  readonly stated: Stated;
  /** Scores on record. */
  readonly measured: readonly Measurement[];
  /** The README.md was edited, and stays as it is; the record was changed. */
  readonly keptEdited: boolean;
}

/**
 * Writes README.md and card.json of a bundle or a model.
 *
 * @throws ConfigError `config/bad-card` for a licence, language or data set that no hub knows in this form; DataError `data/bad-card`,
 * `data/cannot-write`, and the codes of `cardFacts`
 */
export async function writeCard(folder: string, changes: CardChanges = {}): Promise<WrittenCard> {
  const { stated = {}, measured = [], replaceEdited = false } = changes;
  const before = await readCard(folder);
  const place = join(folder, CARD_TEXT);
  const isEdited = (await exists(place)) && sha256(await readWholeText(place)) !== before.readme;
  const { license, languages, datasets } = before;
  const card = {
    ...before,
    ...requireStated({ license, languages, datasets, ...withoutAbsent(stated) }),
  };
  await writeCardRecord(folder, await withMeasurements(folder, card, measured));
  const facts = await cardFacts(folder, changes.name);
  const written = { place, stated: facts.stated, measured: facts.measured };
  if (isEdited && !replaceEdited) return { ...written, keptEdited: true };
  const text = cardText(facts);
  await writingTo(place, () => replaceOwnFile(place, text));
  await writeCardRecord(folder, { ...(await readCard(folder)), readme: sha256(text) });
  return { ...written, keptEdited: false };
}

function withoutAbsent(stated: Partial<Stated>): Partial<Stated> {
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
}

const EXAMPLES =
  "A licence is an identifier such as mit, apache-2.0, cc-by-4.0 or other; a language a code such as en or pt-BR; a data set an id such as owner/name.";

/** Checks what people state. @throws ConfigError `config/bad-card` */
export function requireStated(stated: Stated): Stated {
  const checked = checkShape(statedSchema, stated, { whole: "the card" });
  if (checked.success) return checked.data;
  throw new ConfigError({
    code: "config/bad-card",
    message: `what is stated about the model does not have the form that hubs read (${checked.faults[0]})`,
    place: "card",
    value: stated,
    remedy: EXAMPLES,
  });
}

// Describes data files: reads each once, document by document, and names the splits.
import { PictureFolder } from "../../data/pictures.ts";
import { type ReadFileOptions, streamDocuments } from "../../data/readers.ts";
import { type FileToAudit, splitsOf } from "../split-names.ts";
import type { CorpusDescription, SplitDescription } from "./description.ts";
import { openEncoder } from "./measuring-encoder.ts";
import { SplitDescriber, type SplitTallies } from "./split-describer.ts";

/** What to describe, and with what. */
export interface DescribePlan {
  /** Each with its reading options. */
  readonly files: readonly (FileToAudit & { readonly reading?: ReadFileOptions | undefined })[];
  /** Folder to which picture names are relative. */
  readonly pictures?: string | undefined;
  /** Folder of an encoder: texts are also measured in its tokens. */
  readonly encoder?: string | undefined;
  /** Most tokens of a text; default: the encoder's own limit. */
  readonly maxLength?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the number of documents of the file so far. */
  readonly onProgress?: ((documents: number, path: string) => void) | undefined;
}

/** A description, and the tallies that its page draws. */
export interface DescribedCorpus {
  readonly description: CorpusDescription;
  readonly tallies: readonly SplitTallies[];
}

const PROGRESS_DOCUMENTS = 2000;

/**
 * Describes files.
 *
 * @throws DataError the codes of `streamDocuments`, `data/cannot-read` for the folder of pictures; EncoderError the codes of `loadTokenizer`
 */
export async function describeFiles(plan: DescribePlan): Promise<DescribedCorpus> {
  const folder = plan.pictures === undefined ? undefined : await PictureFolder.open(plan.pictures);
  const encoder = plan.encoder === undefined ? undefined : await openEncoder(plan.encoder, plan.maxLength);
  const splits: SplitDescription[] = [];
  const tallies: SplitTallies[] = [];
  for (const [at, { path, split }] of splitsOf(plan.files).entries()) {
    const stream = streamDocuments(path, { ...plan.files[at]?.reading, signal: plan.signal });
    const describer = new SplitDescriber(encoder);
    let documents = 0;
    for await (const document of stream.documents) {
      describer.see(document);
      if (++documents % PROGRESS_DOCUMENTS === 0) plan.onProgress?.(documents, path);
    }
    const isMissing = folder && ((image: string) => folder.find(image).state === "missing");
    splits.push(describer.description(split, stream.report(), isMissing));
    tallies.push(describer.tallies);
  }
  return { description: { splits }, tallies };
}

// Documents to correct: the file, what was saved of it, its pictures, and in which order the most doubtful come.
import type { Document } from "../../data/document.ts";
import type { Post } from "../../extract/post.ts";
import type { Service } from "../service.ts";
import type { DocumentState, KnownLabels, QueuedDocument } from "./answers.ts";
import { type Annotation, Corrections } from "./corrections.ts";
import { DocumentsFile, type OpenDocuments } from "./documents-file.ts";
import { LabelSets } from "./known-labels.ts";
import type { PagePictures } from "./page-pictures.ts";
import { type Cursor, pageOf, type QueueOrder } from "./queue-order.ts";
import { Uncertainties } from "./uncertainty.ts";

/** Which documents. */
export type WantedState = "open" | "done" | "all";

/** Where the documents come from. */
export interface QueueSources {
  readonly documents: string;
  readonly corrections: string;
  readonly pictures: PagePictures | undefined;
  readonly service: Service;
  readonly onNotice: (notice: string) => void;
}

export class DocumentQueue {
  readonly file: DocumentsFile;
  readonly corrections: Corrections;
  readonly uncertainties: Uncertainties;
  readonly #sources: QueueSources;
  readonly #labels: LabelSets;
  /** By document: 1 if it is open. */
  readonly #isOpen: Uint8Array;
  #open = 0;

  private constructor(
    file: DocumentsFile,
    corrections: Corrections,
    uncertainties: Uncertainties,
    labels: LabelSets,
    sources: QueueSources,
  ) {
    this.file = file;
    this.corrections = corrections;
    this.uncertainties = uncertainties;
    this.#labels = labels;
    this.#sources = sources;
    this.#isOpen = Uint8Array.from({ length: file.count }, (_, i) => (this.#stateAt(i) === "open" ? 1 : 0));
    for (const isOpen of this.#isOpen) this.#open += isOpen;
  }

  /** @throws DataError `data/output-locked` if another server has the corrections; the codes of files that cannot be read */
  static async open(
    sources: QueueSources,
    { onProgress, signal }: Pick<OpenDocuments, "onProgress" | "signal"> = {},
  ): Promise<DocumentQueue> {
    const { documents, corrections: path, service, onNotice } = sources;
    const labels = new LabelSets();
    const onDocument = (document: Document) => labels.add(document);
    const corrections = await Corrections.open(path, { onNotice, onDocument });
    try {
      const file = await DocumentsFile.open(documents, {
        ...{ posts: true, onDocument },
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      });
      if (file.count === 0) onNotice(`${documents} has no documents: there is nothing to correct`);
      const post = async (index: number) => postOf(await file.read(index), sources);
      const uncertainties = new Uncertainties(
        path.replace(/(\.jsonl)?$/, ".uncertainty.jsonl"),
        {
          count: file.count,
          idAt: (index) => file.idAt(index),
          indexOf: (id) => file.indexOf(id),
          tagAt: (index) => file.tagAt(index),
          post,
        },
        service,
      );
      return new DocumentQueue(file, corrections, uncertainties, labels, sources);
    } catch (error) {
      await corrections.close();
      throw error;
    }
  }

  /** Labels of the file's documents and of those that were saved. */
  get labels(): KnownLabels {
    return this.#labels.labels;
  }

  get pictures(): PagePictures | undefined {
    return this.#sources.pictures;
  }

  /** Documents of the file that are not open. */
  get done(): number {
    return this.file.count - this.#open;
  }

  /** Saves a document of the file, and returns its new tag. @throws the errors of `Corrections.save` */
  async save(
    index: number,
    document: Document,
    annotation: Annotation,
    expected: string | undefined,
  ): Promise<string> {
    const filed = this.file.tagAt(index);
    const tag = await this.corrections.save(document, annotation, { expected, filed });
    this.#open -= this.#isOpen[index]!; // callers count to `count`
    this.#isOpen[index] = 0;
    this.#labels.add(document);
    return tag;
  }

  /** A page of the list. The first one begins to read documents in the background. */
  async list(request: {
    readonly order: QueueOrder;
    readonly state: WantedState;
    readonly limit: number;
    readonly after: Cursor | undefined;
  }): Promise<{ readonly documents: readonly QueuedDocument[]; readonly next: Cursor | undefined }> {
    const { order, state, limit, after } = request;
    this.uncertainties.start((error) =>
      this.#sources.onNotice(`documents are no longer read for their uncertainty: ${String(error)}`),
    );
    const { values } = this.uncertainties;
    const { items, next } = pageOf({
      ...{ count: this.file.count, limit, after },
      isWanted: (index) => state === "all" || (state === "open") === (this.#isOpen[index] === 1),
      keyOf: order === "file" ? () => 0 : (index) => (Number.isNaN(values[index]) ? -1 : values[index]!),
    });
    const documents = await Promise.all(items.map((index) => this.#queued(index)));
    return { documents, next };
  }

  /** The document as a post for the model: without its labels, except mentions for a model that needs them. @throws EncoderError for an unusable picture */
  post(document: Document): Promise<Post> {
    return postOf(document, this.#sources);
  }

  async close(): Promise<void> {
    await this.uncertainties.close();
    await this.corrections.close();
    await this.file.close();
  }

  #stateAt(index: number): DocumentState {
    return this.corrections.stateOf(this.file.idAt(index));
  }

  async #queued(index: number): Promise<QueuedDocument> {
    const { id, text, image } = await this.file.read(index);
    const uncertainty = this.uncertainties.values[index]!;
    return {
      id,
      text,
      ...(this.pictures?.has(image) ? { image: true } : {}),
      ...(Number.isNaN(uncertainty) ? {} : { uncertainty }),
      state: this.#stateAt(index),
    };
  }
}

async function postOf(
  { text, image, entities }: Document,
  { pictures, service }: Pick<QueueSources, "pictures" | "service">,
): Promise<Post> {
  const needsMentions = service.models()[0]?.description.needsMentions === true;
  return { text, image: await pictures?.bytes(image), ...(needsMentions ? { entities } : {}) };
}

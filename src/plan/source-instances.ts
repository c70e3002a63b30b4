// Makes the instances that chains start from: one per text, or one per relation if the picture is real,
// because a generated text must contain its two mentions. Labels of relations and entities never leave the
// document.

import { ConfigError, SynthesisError } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { sha256 } from "../base/sha256.ts";
import type { Document } from "../data/document.ts";
import { PictureFolder } from "../data/pictures.ts";
import { streamDocuments } from "../data/readers.ts";
import type { ReadReport } from "../data/report.ts";
import { pictureMediaType } from "../encoders/pictures/brands.ts";
import { Extensions } from "../extensions/extension.ts";
import { PLAIN_TEXT } from "../synthesis/generators/generator.ts";
import type { SourceInstance } from "../synthesis/instance.ts";
import type { SynthesisPlan } from "./plan-schema.ts";

/** How many documents were used or skipped, and why. */
export interface InstanceAccount {
  /** The reader's account of the file's rows. */
  readonly rows: ReadReport;
  readonly documents: number;
  readonly instances: number;
  /**
   * Direction `picture`: documents that name no picture, whose picture file is missing, or that have no
   * relation.
   */
  readonly withoutPicture: number;
  readonly missingPictures: number;
  /**
   * Those whose picture cannot be opened, is a pipe or a device, or is too large. The content of the others
   * is checked when they are used.
   */
  readonly unreadablePictures: number;
  readonly withoutRelation: number;
}

export interface PlannedSources {
  /** Reads the file each time; nothing is kept. */
  readonly instances: () => AsyncGenerator<SourceInstance>;
  /** Counts of the last complete pass over the instances. */
  account(): InstanceAccount | undefined;
}

/** No decoder accepts larger files. */
const MAX_PICTURE_BYTES = 200_000_000;

/**
 * The instances of a plan's data.
 *
 * @throws ConfigError `config/contradiction` when the direction is `picture` and no folder of pictures is
 * named; while reading, the errors of the readers
 */
export function sourcesOf(
  { data, direction }: SynthesisPlan,
  extensions: Extensions = Extensions.NONE,
): PlannedSources {
  const { path, format, pictures, bio, imageExtension, offsets, limit } = data;
  if (direction === "picture" && pictures === undefined) throw noPictureFolder();
  const fingerprints = new Map<string, string>(); // by picture file: several relations share one, and a run reads the data twice
  let last: InstanceAccount | undefined;
  async function* instances() {
    const folder = direction === "picture" && pictures ? await PictureFolder.open(pictures) : undefined;
    const options = {
      bio,
      imageExtension,
      offsets,
    };
    const stream = streamDocuments(path, { format, extensions, ...options });
    const counts = {
      ...{ documents: 0, instances: 0, withoutPicture: 0 },
      ...{ missingPictures: 0, unreadablePictures: 0, withoutRelation: 0 },
    };
    for await (const document of stream.documents) {
      if (limit !== undefined && counts.documents >= limit) break;
      counts.documents++;
      if (folder === undefined) {
        counts.instances++;
        yield textInstance(document);
        continue;
      }
      const picture = folder.find(document.image);
      if (picture.state === "missing") {
        if (picture.reason === "no-image") counts.withoutPicture++;
        else counts.missingPictures++;
        continue;
      }
      const known = fingerprints.get(picture.path) ?? (await fingerprintOf(picture.path));
      fingerprints.set(picture.path, known);
      if (known === "unreadable") {
        counts.unreadablePictures++;
        continue;
      }
      if (document.relations.length === 0) counts.withoutRelation++;
      for (const instance of pictureInstances(document, picture.path, known)) {
        counts.instances++;
        yield instance;
      }
    }
    last = { rows: stream.report(), ...counts };
  }
  return { instances, account: () => last };
}

function textInstance({ id, text, image, entities }: Document): SourceInstance {
  const bytes = new TextEncoder().encode(text);
  return {
    id,
    real: () => Promise.resolve({ mediaType: PLAIN_TEXT, bytes }),
    fingerprint: sha256(bytes),
    mentions: entities.map(({ start, end }) => text.slice(start, end)),
    spans: entities.map(({ start, end }) => ({ start, end })),
    exclude: image === undefined ? [] : [image],
  };
}

function pictureInstances(document: Document, path: string, fingerprint: string): SourceInstance[] {
  const { id, text, image, entities, relations } = document;
  const mention = (index: number) => {
    const entity = entities[index];
    return entity === undefined ? "" : text.slice(entity.start, entity.end); // readers refuse such relations
  };
  return relations.map(({ head, tail }, i) => ({
    id: relations.length === 1 ? id : `${id}#${i}`,
    real: async () => {
      const bytes = await readPictureFile(path);
      return { mediaType: pictureMediaType(bytes) ?? "application/octet-stream", bytes };
    },
    fingerprint,
    mentions: [mention(head), mention(tail)],
    exclude: image === undefined ? [] : [image],
  }));
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    return sha256(await readPictureFile(path));
  } catch (error) {
    if (error instanceof SynthesisError) return "unreadable";
    throw error;
  }
}

/** @throws SynthesisError `synthesis/unreadable-picture` */
function readPictureFile(path: string): Promise<Uint8Array> {
  return readRegularFile(
    path,
    MAX_PICTURE_BYTES,
    ({ problem, remedy, cause }) =>
      new SynthesisError({
        code: "synthesis/unreadable-picture",
        message: `${path} ${problem}`,
        place: path,
        remedy,
        cause,
      }),
  );
}

function noPictureFolder(): ConfigError {
  return new ConfigError({
    code: "config/contradiction",
    message: 'direction is "picture", but data.pictures is missing',
    place: "data.pictures",
    remedy: "Name the folder of the documents' pictures in data.pictures.",
  });
}

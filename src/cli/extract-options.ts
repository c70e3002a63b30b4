// The options of `relata extract`, converted from its command line.

import type { Span } from "../data/document.ts";
import type { OffsetUnit } from "../data/offset-units.ts";
import type { ExtractionOptions } from "../extract/post.ts";
import type { DeviceOptions } from "./device-options.ts";

/** How every post is read. */
export interface ReadingOptions extends DeviceOptions {
  readonly threshold: number;
  /** False with --unconstrained. */
  readonly unconstrained?: boolean | undefined;
  readonly typeConstraints: boolean;
  readonly maxPairs: number;
  readonly windowOverlap: number;
  readonly maxTextLength: number;
  readonly offsets?: OffsetUnit | undefined;
}

/** One post on the command line. */
export interface PostOptions extends ReadingOptions {
  readonly text: string;
  readonly head?: string | undefined;
  readonly headSpan?: Span | undefined;
  readonly tail?: string | undefined;
  readonly tailSpan?: Span | undefined;
  readonly picture?: string | undefined;
  readonly caption?: string | undefined;
  readonly top: number;
  readonly card?: string | undefined;
}

/** Posts of a file, folder or stream. */
export interface BatchOptions extends ReadingOptions {
  /** False with --no-pictures. */
  readonly pictures?: string | false | undefined;
  readonly captions?: string | undefined;
  readonly out?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly givenMentions?: boolean | undefined;
}

/** Returns the reading options in the library's form. */
export function extractionOptions(options: ReadingOptions): ExtractionOptions {
  const { threshold, unconstrained, typeConstraints, maxPairs, windowOverlap, maxTextLength, offsets } =
    options;
  return {
    threshold,
    typeConstraints,
    maxPairs,
    windowOverlap,
    maxTextLength,
    ...(offsets === undefined ? {} : { offsets }),
    ...(unconstrained === true ? { constrained: false } : {}),
  };
}

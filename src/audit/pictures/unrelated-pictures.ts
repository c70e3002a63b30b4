// Pictures that have nothing to do with their texts, by the cosine of a CLIP model against the same pictures with the texts of other posts.

import { counted } from "../../base/counted.ts";
import { StringIndex } from "../../base/string-index.ts";
import { readPicture } from "../../encoders/pictures/decode.ts";
import { Runtime } from "../../engine/runtime.ts";
import { stream } from "../../training/random.ts";
import { JointSpace } from "../../visual/joint-space.ts";
import type { Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import type { Finding, RowReference } from "../finding.ts";

/** Pictures and texts that do not fit. */
export const unrelatedPictures: CheckEntry = {
  name: "unrelated-pictures",
  about: "pictures that have nothing to do with their texts, by the CLIP model of --clip",
  create: (setting) =>
    setting.clip === undefined || setting.pictures === undefined
      ? undefined
      : new UnrelatedPictures(setting, setting.clip),
};

/** Posts that are embedded: enough for a share within two points, and minutes on a processor. */
const MOST_POSTS = 2000;
const LEAST_POSTS = 20;
const ROWS_SHOWN = 100;

interface SampledPost {
  readonly text: string;
  readonly path: string;
  readonly place: RowReference;
}

class UnrelatedPictures implements Check {
  readonly #setting: CheckSetting;
  readonly #clip: string;
  readonly #seen = new StringIndex();
  /** A sample of the posts with a picture, each text and picture once: every post has the same chance (reservoir sampling). */
  readonly #posts: SampledPost[] = [];
  readonly #draws;
  #candidates = 0;
  readonly #said: string[] = [];

  constructor(setting: CheckSetting, clip: string) {
    this.#setting = setting;
    this.#clip = clip;
    this.#draws = stream(setting.seed, 0, "audit/unrelated-pictures");
  }

  see({ document: { image, text }, place }: SeenDocument): void {
    const state = this.#setting.pictures?.find(image);
    if (state?.state !== "found" || this.#seen.has(state.image)) return;
    this.#seen.add(state.image);
    const post = { text, path: state.path, place };
    this.#candidates++;
    if (this.#posts.length < MOST_POSTS) this.#posts.push(post);
    else {
      const at = Math.floor(this.#draws.uniform() * this.#candidates);
      if (at < MOST_POSTS) this.#posts[at] = post;
    }
  }

  async findings(): Promise<Finding[]> {
    if (this.#posts.length < LEAST_POSTS) {
      this.#said.push(`Too few pictures (${this.#posts.length}) to compare with those of other posts.`);
      return [];
    }
    const { cosines, shuffled, posts } = await this.#cosines();
    const threshold = [...shuffled].sort((a, b) => a - b)[Math.floor(shuffled.length / 2)] ?? 0;
    const below = cosines
      .map((cosine, i) => ({ cosine, post: posts[i] }))
      .filter(({ cosine }) => cosine <= threshold)
      .sort((a, b) => a.cosine - b.cosine);
    const n = cosines.length;
    // Unrelated pairs have less than the median of shuffled pairs half of the time; related ones hardly ever.
    const share = Math.min(1, (2 * below.length) / n);
    const half = 2 * 1.96 * Math.sqrt(((below.length / n) * (1 - below.length / n)) / n);
    const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
    const numbers = `mean cosine ${mean(cosines).toFixed(3)}, with the texts of other posts ${mean(shuffled).toFixed(3)}`;
    this.#said.push(
      `${counted(n, "post")} compared${this.#candidates > n ? ` of ${this.#candidates.toLocaleString("en")}, drawn at random` : ""}: ${numbers}.`,
    );
    if (below.length === 0) return [];
    return [
      {
        code: "picture/unrelated",
        severity: share >= 0.5 ? "warning" : "note",
        feature: "pictures and texts",
        split: "all",
        strength: share,
        interval: [Math.max(0, share - half), Math.min(1, share + half)],
        rows: below.flatMap(({ post }) => (post === undefined ? [] : [post.place])).slice(0, ROWS_SHOWN),
        sentence: `About ${percent(share)} of the pictures have nothing to do with their texts: ${below.length.toLocaleString("en")} of ${n.toLocaleString("en")} fit no better than the median picture of another post, as half of unrelated ones do (${numbers}).`,
        remedy:
          "Look at the rows. Where pictures say nothing about texts, a model of the text alone is the honest baseline; compare with shuffled pictures.",
      },
    ];
  }

  account(): readonly string[] {
    return this.#said;
  }

  async #cosines() {
    await using runtime = await Runtime.open({});
    const space = await JointSpace.open(runtime, this.#clip);
    try {
      const pictures: Float32Array[] = [];
      const posts: SampledPost[] = [];
      for (const post of this.#posts) {
        this.#setting.signal?.throwIfAborted();
        const outcome = await readPicture(post.path);
        if (outcome.state !== "present") continue; // the check of picture quality reports it
        pictures.push(await space.embedPicture(outcome.picture));
        posts.push(post);
        this.#setting.onProgress?.("pictures and texts", posts.length, this.#posts.length);
      }
      const texts = await space.embedTexts(posts.map(({ text }) => text));
      const dot = (a: Float32Array | undefined, b: Float32Array | undefined) =>
        a === undefined || b === undefined ? 0 : a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
      // Each picture with the text of the post half of the sample away.
      const half = Math.max(1, Math.floor(posts.length / 2));
      return {
        posts,
        cosines: posts.map((_, i) => dot(texts[i], pictures[i])),
        shuffled: posts.map((_, i) => dot(texts[(i + half) % posts.length], pictures[i])),
      };
    } finally {
      await space.dispose();
    }
  }
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

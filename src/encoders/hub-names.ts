// Hub ids as people know them: the first models had no owner, and the hub has since moved each to its owner's page.
import { EncoderError } from "../base/errors.ts";

/** Owner, and its models that are known by their names alone. */
const MOVED: Readonly<Record<string, readonly string[]>> = {
  "google-bert": [
    "bert-base-uncased",
    "bert-base-cased",
    "bert-large-uncased",
    "bert-large-cased",
    "bert-base-multilingual-uncased",
    "bert-base-multilingual-cased",
    "bert-base-chinese",
    "bert-base-german-cased",
    "bert-large-uncased-whole-word-masking",
    "bert-large-cased-whole-word-masking",
  ],
  FacebookAI: [
    "roberta-base",
    "roberta-large",
    "roberta-large-mnli",
    "xlm-roberta-base",
    "xlm-roberta-large",
  ],
  distilbert: [
    "distilbert-base-uncased",
    "distilbert-base-cased",
    "distilbert-base-multilingual-cased",
    "distilbert-base-german-cased",
    "distilroberta-base",
    "distilgpt2",
  ],
  "openai-community": ["gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "openai-gpt"],
  "google-t5": ["t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b"],
  albert: ["albert-base-v1", "albert-base-v2", "albert-large-v2", "albert-xlarge-v2", "albert-xxlarge-v2"],
  xlnet: ["xlnet-base-cased", "xlnet-large-cased"],
};

const OWNERS: ReadonlyMap<string, string> = new Map(
  Object.entries(MOVED).flatMap(([owner, names]) => names.map((name) => [name, owner] as const)),
);

/** Models that write text, by the beginning of their names: they do not read a text from both sides, as encoders do. */
const GENERATORS = /^(distil)?gpt2|^openai-gpt$|^t5-|^xlnet-/;

/**
 * The full hub id of a model that everybody knows by its name alone; undefined for other names.
 *
 * @throws EncoderError `encoder/unsupported-config` for a well-known model that is not an encoder
 */
export function fullHubId(name: string): string | undefined {
  const owner = OWNERS.get(name);
  if (owner === undefined) return undefined;
  const id = `${owner}/${name}`;
  if (!GENERATORS.test(name)) return id;
  throw new EncoderError({
    code: "encoder/unsupported-config",
    message: `${name} (${id}) is made to write text; relata needs an encoder, which reads a whole text at once`,
    value: name,
    remedy: "Use an encoder such as roberta-base, distilbert-base-uncased or microsoft/deberta-v3-base.",
  });
}

// Alternative names of a weight: published files differ in prefixes and spellings; relata's graphs use one
// canonical name.

/** Names in older and newer versions of transformers, as [pattern, the name in our graphs]. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  // TensorFlow's names of a normalisation's weights, in BERT files converted before 2019.
  [/(^|\.)(LayerNorm|layer_norm|layernorm)\.gamma$/, "$1$2.weight"],
  [/(^|\.)(LayerNorm|layer_norm|layernorm)\.beta$/, "$1$2.bias"],
  // ViT's modules since transformers 5; files are still written with the older names.
  [/(^|\.)layers\.(\d+)\.attention\.q_proj\./, "$1encoder.layer.$2.attention.attention.query."],
  [/(^|\.)layers\.(\d+)\.attention\.k_proj\./, "$1encoder.layer.$2.attention.attention.key."],
  [/(^|\.)layers\.(\d+)\.attention\.v_proj\./, "$1encoder.layer.$2.attention.attention.value."],
  [/(^|\.)layers\.(\d+)\.attention\.o_proj\./, "$1encoder.layer.$2.attention.output.dense."],
  [/^((?:(?!encoder\.)\w+\.)?)layers\.(\d+)\.mlp\.fc1\./, "$1encoder.layer.$2.intermediate.dense."],
  [/^((?:(?!encoder\.)\w+\.)?)layers\.(\d+)\.mlp\.fc2\./, "$1encoder.layer.$2.output.dense."],
  // The same names of DINOv2.
  [/(^|\.)encoder\.layer\.(\d+)\.attention\.q_proj\./, "$1encoder.layer.$2.attention.attention.query."],
  [/(^|\.)encoder\.layer\.(\d+)\.attention\.k_proj\./, "$1encoder.layer.$2.attention.attention.key."],
  [/(^|\.)encoder\.layer\.(\d+)\.attention\.v_proj\./, "$1encoder.layer.$2.attention.attention.value."],
  [/(^|\.)encoder\.layer\.(\d+)\.attention\.o_proj\./, "$1encoder.layer.$2.attention.output.dense."],
  // ModernBERT's word table, which has the same name in all of our graphs.
  [/(^|\.)embeddings\.tok_embeddings\./, "$1embeddings.word_embeddings."],
  [/(^|\.)layers\.(\d+)\.(layernorm_before|layernorm_after)\./, "$1encoder.layer.$2.$3."],
];

/** Prefixes that heads and wrappers add to an encoder's names. */
const PREFIXES = [
  "bert.",
  "roberta.",
  "xlm_roberta.",
  "distilbert.",
  "mpnet.",
  "deberta.",
  "vit.",
  "clip.",
  "resnet.",
  "dinov2.",
  "vision_model.",
  "model.",
  "encoder_model.",
  "module.", // torch's DataParallel
] as const;

/** Our graphs' name of the weight `name` in a file; keeps prefixes. */
export function canonicalWeightName(name: string): string {
  for (const [pattern, replacement] of SPELLINGS) {
    if (pattern.test(name)) return name.replace(pattern, replacement);
  }
  return name;
}

/** A mapping from wanted names to a file's names, with the prefix that differs. */
export interface NameMatch {
  /** Name in the file by wanted name. */
  readonly found: ReadonlyMap<string, string>;
  /** Wanted names that are not in the file. */
  readonly missing: readonly string[];
  /** Unused names in the file, such as other heads. */
  readonly ignored: readonly string[];
}

/**
 * Finds `wanted` names in a file by removing or adding one prefix for all of them: the one with most
 * matches. Unchanged names win a tie.
 */
export function matchWeightNames(wanted: readonly string[], inFile: readonly string[]): NameMatch {
  const byCanonical = new Map(inFile.map((name) => [canonicalWeightName(name), name]));
  const searches: ((name: string) => string | undefined)[] = [
    (name) => byCanonical.get(name),
    ...prefixChains(inFile).map((prefix) => (name: string) => byCanonical.get(prefix + name)),
    ...PREFIXES.map((prefix) => (name: string) => {
      return name.startsWith(prefix) ? byCanonical.get(name.slice(prefix.length)) : undefined;
    }),
  ];
  let best = new Map<string, string>();
  for (const search of searches) {
    const found = new Map<string, string>();
    for (const name of wanted) {
      const match = search(name);
      if (match !== undefined) found.set(name, match);
    }
    if (found.size > best.size) best = found;
  }
  const used = new Set(best.values());
  return {
    found: best,
    missing: wanted.filter((name) => !best.has(name)),
    ignored: inFile.filter((name) => !used.has(name)),
  };
}

/** All prefixes of known parts in the file's names: "model.", "model.roberta.". */
function prefixChains(names: readonly string[]): string[] {
  const chains = new Set<string>();
  for (const name of names) {
    let chain = "";
    for (;;) {
      const next = PREFIXES.find((prefix) => name.startsWith(chain + prefix));
      if (next === undefined) break;
      chain += next;
      chains.add(chain);
    }
  }
  return [...chains];
}

// Names of an encoder's files in the Hugging Face layout, besides those of weights and tokenizers.

export const CONFIG_FILE = "config.json";
/** How pictures are prepared. */
export const PREPROCESSOR_FILE = "preprocessor_config.json";
/** The same, since transformers 5, under `image_processor`. */
export const PROCESSOR_FILE = "processor_config.json";

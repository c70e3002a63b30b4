// Names of an encoder's files in the Hugging Face layout, except weights and tokenizers.

export const CONFIG_FILE = "config.json";
/** Picture preprocessing. */
export const PREPROCESSOR_FILE = "preprocessor_config.json";
/** The same, since transformers 5, under `image_processor`. */
export const PROCESSOR_FILE = "processor_config.json";

// The simulator of the embedded corpus as adapters that a plan can name.
import { adapter, type GeneratorAdapters } from "../plan/adapters.ts";

const paths = [{ path: ["world"] }];

export const SIMULATOR_ADAPTERS: GeneratorAdapters = {
  textToImage: {
    simulator: {
      paths,
      load: async () => {
        const { simulatedPictureSchema, openSimulatedTextToImage } = await import("./simulator.ts");
        return adapter(simulatedPictureSchema, openSimulatedTextToImage);
      },
    },
  },
  textToText: {},
  imageToText: {
    simulator: {
      paths,
      load: async () => {
        const { simulatedTextSchema, openSimulatedImageToText } = await import("./simulator.ts");
        return adapter(simulatedTextSchema, openSimulatedImageToText);
      },
    },
  },
};

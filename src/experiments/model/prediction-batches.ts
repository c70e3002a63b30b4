// Where batches for prediction are found by those who look here: the engine makes them.
export { predictionBatches } from "../../engine/index.ts";

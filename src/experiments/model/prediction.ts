// Where prediction graphs are found by those who look here: the engine runs them.
export { type Precision, Prediction, type PredictionOptions } from "../../engine/index.ts";

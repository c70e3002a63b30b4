// Exports the views of a store to formats of other tools.
export { exportParquet } from "./parquet.ts";
export { exportWebdataset } from "./webdataset.ts";

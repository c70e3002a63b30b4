// Views of a store in the forms that other tools read.
export { exportParquet } from "./parquet.ts";
export { exportWebdataset } from "./webdataset.ts";

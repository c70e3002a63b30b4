import { readParquetRows, writeParquetDocuments } from "relata/data";
await writeParquetDocuments("train.parquet", documents); // appears complete or not at all
for await (const { id, text } of readParquetRows("posts.parquet", ["id", "text"]))
    console.log(id, text); // any table
export {};

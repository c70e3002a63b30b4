// `relata/client`: asks a server of `relata serve`. Needs nothing else of relata and nothing of Node.
export type {
  GivenEntity,
  Model,
  ModelDescription,
  ModelName,
  Offsets,
  Picture,
  PostToRead,
  Problem,
  ReadOptions,
  RequestFault,
  Result,
  ResultEntity,
  ResultRelation,
  TextSpan,
} from "./api-types.ts";
export {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type Health,
  type ManyOptions,
  type PostOutcome,
  type StreamOutcome,
} from "./client.ts";
export { ClientError, type ClientErrorCode, type ClientErrorDetails } from "./client-error.ts";
export type { RequestOptions } from "./request-body.ts";

// The model that a request asks for by name.
import { RelataError } from "../../base/errors.ts";
import type { ServedModel } from "../service.ts";
import type { ServingContext } from "./dependencies.ts";
import { RequestError } from "./request-error.ts";

/** The model of this name, or the first one. @throws RelataError `serving/no-such-model`, `serving/not-ready` */
export function servedModel(c: ServingContext, name: string | undefined): ServedModel {
  const models = c.get("deps").service.models();
  const model = name === undefined ? models[0] : models.find((one) => one.name === name);
  if (model !== undefined) return model;
  if (name === undefined)
    throw new RequestError({ code: "serving/not-ready", message: "no model is loaded yet", fault: "work" });
  throw new RelataError({
    code: "serving/no-such-model",
    message: `no model named ${JSON.stringify(name)} is served`,
    place: "model",
    value: name,
    remedy: `Name one of ${models.map((one) => one.name).join(", ")}, or leave the name out.`,
  });
}

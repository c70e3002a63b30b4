// Parses error bodies of servers in their various formats: OpenAI and Azure, FastAPI, vLLM, Hugging Face,
// Google, ComfyUI, gateways.
// Independent of the status: gateways that must answer before their upstream does send 200 with the error
// in the body.
import { type Fields, isFields } from "../../base/fields.ts";
import { GeneratorRefusal } from "./generator.ts";

/** A parsed error body. */
export interface ComplaintReading {
  /** The human-readable message; undefined if there is none. */
  readonly words: string | undefined;
  /** The status that the body names or means. */
  readonly status: number | undefined;
  /** The server refuses this request permanently. */
  readonly isRefusal: boolean;
  /** The status suggests a retry, but waiting does not help: an exhausted quota. */
  readonly isFinal: boolean;
  /** Wait requested in the body, in milliseconds. */
  readonly waitMs: number | undefined;
}

/** Codes compared in lower case without punctuation: "content_policy_violation", "ContentPolicyViolationError". */
const REFUSALS =
  /^(contentpolicy(violation)?(error)?|contentfilter(ed|error)?|moderationblocked|responsibleaipolicyviolation|safety(violation|blocked)?|promptblocked|prohibitedcontent|contentmoderation(error)?|inputmoderation|datainspectionfailed|sensitivecontent)$/;
const USED_UP = /insufficientquota|billing|insufficient(credits|balance|funds)|paymentrequired|creditbalance/;
/** The status that a code means, the first that fits. */
const MEANINGS: readonly (readonly [RegExp, number])[] = [
  [USED_UP, 429],
  [/ratelimit|toomanyrequests|resourceexhausted|throttl|quotaexceeded/, 429],
  [/unauthenticated|unauthori[sz]ed|invalidapikey|apikeyinvalid|authentication|invalidtoken/, 401],
  [/permission|forbidden|accessdenied/, 403],
  [/modelnotfound|^notfound/, 404],
  [/overloaded|unavailable|busy|loading/, 503],
  [/timeout|timedout|deadlineexceeded/, 504],
  [/servererror|^internal|badgateway|upstream/, 500],
  [/invalid|badrequest|unsupported|validation/, 400],
];
/** For errors that are nothing but words. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/rate.?limit|too many requests/i, 429],
  [/not authenticated|unauthori[sz]ed|invalid (api.?key|token|credentials)|token seems invalid/i, 401],
  [/loading|overloaded|\bbusy\b|temporarily|unavailable|try again|timed? ?out/i, 503],
];

const MESSAGE_FIELDS = [
  "message",
  "msg",
  "detail",
  "details",
  "error_description",
  "description",
  "reason",
] as const;
const STATUS_FIELDS = ["code", "status", "status_code", "statusCode", "http_status", "error_code"] as const;
const CODE_FIELDS = [...STATUS_FIELDS, "type", "reason"] as const;

/** Parses the body of an error answer. */
export function readComplaintBody(json: unknown): ComplaintReading {
  const parts = partsOf(json);
  const codes = parts
    .flatMap((part) => CODE_FIELDS.map((name) => part[name]))
    .filter(isSaid)
    .map(String);
  const names = codes.map((code) => code.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  const words = wordsOf(parts);
  return {
    words,
    status: statusOf(parts, names, words),
    isRefusal:
      names.some((name) => REFUSALS.test(name)) || parts.some(({ flagged_input: text }) => isSaid(text)),
    isFinal: names.some((name) => USED_UP.test(name)),
    waitMs: waitOf(parts),
  };
}

/**
 * Whether a body with a status of success is an error: it says so, and it holds no answer.
 *
 * @param holdsAnswer whether the protocol's answer is there
 */
export function isComplaint(json: unknown, holdsAnswer: (json: unknown) => boolean): boolean {
  const top = topOf(json);
  if (top === undefined) return false;
  const [choice] = Array.isArray(top.choices) ? (top.choices as unknown[]) : [];
  if (isFields(choice) && (isSaid(choice.error) || choice.finish_reason === "error")) return true;
  if (holdsAnswer(json)) return false;
  return (
    isSaid(firstItemOf(top)?.error) ||
    ["error", "errors", "detail", "node_errors"].some((name) => isSaid(top[name])) ||
    top.object === "error" ||
    top.type === "error" ||
    top.success === false ||
    typeof (top.message ?? top.msg) === "string"
  );
}

/** The body and the objects in it that may say what is wrong, the innermost last. */
function partsOf(json: unknown): Fields[] {
  const top = topOf(json);
  if (top === undefined) return typeof json === "string" ? [{ message: json }] : [];
  const [choice] = Array.isArray(top.choices) ? (top.choices as unknown[]) : [];
  const found: Fields[] = [top];
  const add = (value: unknown) => {
    for (const item of Array.isArray(value) ? value.slice(0, 3) : [value]) {
      if (isFields(item)) found.push(item);
      else if (typeof item === "string" && item !== "") found.push({ message: item });
    }
  };
  for (const place of [top, choice, firstItemOf(top)].filter(isFields)) {
    add(place.error);
    add(place.errors);
  }
  for (const part of found.slice(1)) {
    for (const name of ["innererror", "inner_error", "metadata", "details", "error"])
      if (isFields(part[name]) || Array.isArray(part[name])) add(part[name]);
  }
  return found;
}

/** The first of the pictures or texts that a body lists. */
function firstItemOf({ data, images, output }: Fields): Fields | undefined {
  const lists = [data, images, output].filter((list): list is unknown[] => Array.isArray(list));
  return lists.map(([first]) => first).find(isFields);
}

/** The object of a body; of a list with one, as Google's gateway answers, that one. */
function topOf(json: unknown): Fields | undefined {
  const one = Array.isArray(json) && json.length === 1 ? (json[0] as unknown) : json;
  return isFields(one) ? one : undefined;
}

function wordsOf(parts: readonly Fields[]): string | undefined {
  const said = new Set<string>();
  for (const part of parts) {
    for (const name of MESSAGE_FIELDS) {
      const value = part[name];
      if (isSaid(value)) said.add(typeof value === "string" ? value : JSON.stringify(value));
    }
    if (isSaid(part.node_errors)) said.add(JSON.stringify(part.node_errors));
  }
  const codes = parts
    .map(({ code, type }) => code ?? type)
    .filter((code) => isSaid(code) && !said.has(String(code)));
  if (said.size === 0 && codes.length === 0) return undefined;
  const words = [...said].join("; ");
  const code = codes.at(0);
  if (words === "") return String(code);
  return code === undefined || typeof code === "object" ? words : `${words} (${String(code)})`;
}

function statusOf(
  parts: readonly Fields[],
  names: readonly string[],
  words: string | undefined,
): number | undefined {
  for (const part of [...parts].reverse()) {
    for (const name of STATUS_FIELDS) {
      const status = Number(part[name]);
      if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
    }
  }
  for (const name of names) {
    const meaning = MEANINGS.find(([code]) => code.test(name));
    if (meaning !== undefined) return meaning[1];
  }
  if (parts.some((part) => typeof part.estimated_time === "number")) return 503;
  return WORDS.find(([pattern]) => pattern.test(words ?? ""))?.[1];
}

/** `estimated_time` while a model is loaded, `retry_after`, both in seconds. */
function waitOf(parts: readonly Fields[]): number | undefined {
  for (const part of parts) {
    for (const name of ["estimated_time", "retry_after", "retry_after_seconds"]) {
      const seconds = part[name];
      if (typeof seconds === "number" && seconds >= 0) return seconds * 1000;
    }
  }
  return undefined;
}

/** Empty fields are ignored. */
function isSaid(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === false || value === 0) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** The refusal with which every adapter reports that a content policy forbids the answer. `said` is quoted. */
export function contentPolicy(adapter: string, said: string): GeneratorRefusal {
  return new GeneratorRefusal("content-policy", `${adapter}: refused by content policy: ${said}`);
}

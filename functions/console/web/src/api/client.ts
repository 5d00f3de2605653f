/** The typed client of the management API. */
import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, type Problem } from "./problem";
import { reaching } from "./reach";
import type { paths } from "./schema";
import { accept, currentToken, tokenAfter } from "./session";

/** The API's address: the console is served at `<api>/console/`. */
const base = import.meta.env.VITE_API_URL ?? new URL("..", document.baseURI).href.replace(/\/$/, "");

/** Sends each request with the session's token, and once more with a new one if the session has ended. */
async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await currentToken();
  if (!token) return new Response(null, { status: 401 });
  const first = await reaching(() => fetch(authorized(request, token)));
  if (first.status !== 401) {
    accept();
    return first;
  }
  const next = await tokenAfter(token);
  return next ? reaching(() => fetch(authorized(again, next))) : first;
}

function authorized(request: Request, token: string): Request {
  request.headers.set("authorization", `Bearer ${token}`);
  return request;
}

/** Repeats reads with the ETag of the last response, so that a live view costs a 304 until something changes. */
const conditional: Middleware = (() => {
  const seen = new Map<string, Response>();
  const LIMIT = 100;
  return {
    onRequest({ request }) {
      const tag = request.method === "GET" ? seen.get(request.url)?.headers.get("etag") : null;
      if (tag) request.headers.set("if-none-match", tag);
      return request;
    },
    onResponse({ request, response }) {
      if (request.method !== "GET") return response;
      if (response.status === 304) return seen.get(request.url)?.clone();
      if (response.ok && response.headers.has("etag")) {
        seen.delete(request.url);
        seen.set(request.url, response.clone());
        if (seen.size > LIMIT) seen.delete(seen.keys().next().value ?? "");
      }
      return response;
    },
  };
})();

export const client = createClient<paths>({ baseUrl: base, fetch: send, cache: "no-store" });
client.use(conditional);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The body of a successful response; throws an [`ApiError`] for any other. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await withEtag(answer)).data;
}

/** The body of a successful response with its ETag, for `If-Match`. */
export async function withEtag<T>(answer: Promise<Answer<T>>): Promise<{ data: T; etag: string }> {
  const { data, error, response } = await answer;
  if (!response.ok) {
    const after = Number(response.headers.get("retry-after"));
    throw new ApiError(response.status, problemOf(error, response), Number.isFinite(after) && after > 0 ? after : null);
  }
  return { data: data as T, etag: response.headers.get("etag") ?? "" };
}

function problemOf(error: unknown, response: Response): Problem {
  if (error && typeof error === "object" && "title" in error) return error as Problem;
  return { type: "about:blank", title: `The server answered ${response.status}.`, status: response.status, errors: [] };
}

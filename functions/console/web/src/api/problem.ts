import type { components } from "./schema";

type Documented = components["schemas"]["Problem"];
type Kind = Documented["type"] extends `${string}problem:${infer Word}` ? Word : never;

/** A problem document, or the same shape for a response without one. */
export type Problem = Omit<Documented, "type"> & { type: Documented["type"] | "about:blank" };

/** A response other than success, with the server's problem document. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Seconds until the request can be repeated, if the server says so. */
    readonly retryAfter: number | null,
  ) {
    super(problem.detail ?? problem.title);
  }

  /** Whether the problem is of a kind, such as `credentials-rejected`. */
  is(kind: Kind): boolean {
    return this.problem.type === `urn:integration-engine:problem:${kind}`;
  }

  /** The message for a field of the request body, a JSON pointer such as `/settings/list_id`. */
  field(name: string): string | undefined {
    return this.problem.errors?.find((error) => error.field === name)?.message;
  }
}

/** What an error says to a merchant. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    const fields = (error.problem.errors ?? []).map(({ message }) => message);
    return fields.length > 0 ? fields.join(" ") : error.message;
  }
  return "The server cannot be reached. Check your connection and try again.";
}

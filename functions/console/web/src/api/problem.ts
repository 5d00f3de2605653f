import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

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

  /** The message for a field of the request body, such as `rule.settings.list_id` or `credentials.api_key`. */
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

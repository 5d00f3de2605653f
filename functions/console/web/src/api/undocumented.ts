/** Routes that the API's document does not have yet. Each use is replaced by `client` when the document has its route. */
import { client } from "./client";

type Answer<T> = { data?: T; error?: unknown; response: Response };
type Send = <T>(path: string, options?: { body?: unknown }) => Promise<Answer<T>>;

export const undocumented = client as unknown as { GET: Send; POST: Send };

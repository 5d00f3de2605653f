/** The addresses of the pages that show one thing, and of the log with a filter. */

export const eventPage = (id: string) => `/activity/events/${encodeURIComponent(id)}`;
export const actionPage = (id: string) => `/activity/actions/${encodeURIComponent(id)}`;
export const rulePage = (id: string) => `/rules/${encodeURIComponent(id)}`;
export const accountPage = (id: string) => `/apps/${encodeURIComponent(id)}`;
export const buyerPage = (email: string) => searchPage(email);
export const searchPage = (text: string) => `/activity?q=${encodeURIComponent(text)}`;

type LogFilter = { status?: string; rule?: string; integration?: string | null | undefined; since?: string };

/** The Action Log with a filter. */
export function logPage(filter: LogFilter): string {
  const given = Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return `/activity?${new URLSearchParams(given)}`;
}

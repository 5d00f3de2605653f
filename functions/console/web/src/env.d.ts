/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The API's address during development, where the console is not served by the API. */
  readonly VITE_API_URL?: string;
}

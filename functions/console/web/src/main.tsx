import "./ui/tokens.css";
import "./ui/base.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { fragment } from "./address";
import { ApiError } from "./api/problem";
import { isReachable, onReach } from "./api/reach";
import { onSessionChange, sessionState, startFromAddress, startFromHost } from "./api/session";
import { App } from "./app";
import { connectToHost, report } from "./host/host";
import { Toasts } from "./ui/toast";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A request that the server refused is refused again.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
    },
    // A change that cannot be sent fails, instead of being sent at a later time.
    mutations: { networkMode: "always" },
  },
});

const host = await connectToHost();
if (host) startFromHost(host.getToken);
else await startFromAddress();
onSessionChange(() => {
  if (sessionState() === "open") void queries.invalidateQueries();
  else report({ name: "session-ended" });
});

onReach(() => {
  if (isReachable()) void queries.invalidateQueries();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <Router hook={fragment.hook} searchHook={fragment.searchHook}>
            <Toasts>
              <App only={host?.view} product={host?.product} />
            </Toasts>
          </Router>
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}

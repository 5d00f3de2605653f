import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useId } from "react";
import { useLocation } from "wouter";
import { type CatalogApp, integrationsQuery } from "../api/queries";
import type { Connected, Integration } from "../api/types";
import { accountPage } from "../pages";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useDiscard } from "../ui/discard";
import { Form } from "../ui/form";
import { toasts } from "../ui/toast";
import { Needs } from "./app-notes";
import { ConnectFields } from "./connect-fields";
import { ConnectProblem, LoginNote } from "./connect-notes";
import { defaultLabel } from "./credentials";
import { useConnect } from "./use-connect";

type Props = {
  app: CatalogApp;
  /** The account to connect again; without it, a new one. */
  account?: Integration;
  inAddress?: boolean;
  onClose: () => void;
};

/** Connects an account of an app: with its credentials, or with a login at the app. */
export function ConnectDialog({ app, account, inAddress = false, onClose }: Props) {
  const accounts = useQuery(integrationsQuery);
  const [, navigate] = useLocation();
  const id = useId();
  const label = account?.label ?? defaultLabel(app.label, accounts.data?.map((other) => other.label) ?? []);

  const connected = ({ integration, released }: Connected) => {
    if (!account) return navigate(`${accountPage(integration.id)}?connected=1`, { replace: true });
    toasts.add({ title: text.reconnected(integration.label), description: released > 0 && text.released(released) });
    onClose();
  };
  const connect = useConnect({ app, account }, label, connected);
  const [ask, question] = useDiscard(connect.hasTyped, onClose);
  const { methods, method, isBusy, login } = connect;
  const withLogin = Boolean(method?.oauth);
  const words = wordsOf(app, account);
  const submit = withLogin ? text.continueTo(app.label) : words.submit;

  return (
    <Dialog
      open
      inAddress={inAddress}
      onClose={ask}
      title={words.title}
      description={words.help}
      footer={
        <>
          <Button onClick={ask}>{common.cancel}</Button>
          <Button
            type="submit"
            form={id}
            look="primary"
            busy={isBusy}
            disabled={!method}
            {...(withLogin ? { icon: ExternalLink } : {})}
          >
            {isBusy ? text.connecting : submit}
          </Button>
        </>
      }
    >
      <Form id={id} ref={connect.form} onSubmit={connect.submit}>
        <LoginNote app={app.label} state={login.state} onCancel={login.cancel} />
        <ConnectProblem problem={connect.problems.form} />
        <Needs app={app} help={methods.length === 1 ? method?.help : undefined} />
        <ConnectFields connect={connect} account={account} />
      </Form>
      {question}
    </Dialog>
  );
}

function wordsOf(app: CatalogApp, account: Integration | undefined) {
  if (!account) return { title: text.connect(app.label), help: app.description, submit: text.connect(app.label) };
  if (account.state === "connected")
    return { title: text.replaceTitle(account.label), help: text.replaceHelp, submit: text.saveCredentials };
  return { title: text.reconnectTitle(account.label), help: text.reconnectHelp, submit: text.reconnect };
}

import { Link } from "wouter";

type Props = {
  /** The app's name. */
  app: string;
  /** The merchant's own name for the account; without it, only the app is named. */
  label?: string | null | undefined;
  /** The account's page, and the look of the link to it. */
  link?: { href: string; className: string | undefined };
};

/** An account and its app. The first account of an app often has the app's name, which is shown once. */
export function AccountName({ app, label, link }: Props) {
  if (!label) return app;
  const name = <bdi>{label}</bdi>;
  return (
    <>
      {label !== app && `${app} · `}
      {link ? <Link {...link}>{name}</Link> : name}
    </>
  );
}

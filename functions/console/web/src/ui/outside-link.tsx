import { ExternalLink } from "lucide-react";
import { common } from "../text";
import styles from "./outside-link.module.css";

/** A link to a page of another site, which opens in a tab of its own. */
export function OutsideLink({ href, children }: { href: string; children: string }) {
  return (
    <a className={styles.link} href={href} target="_blank" rel="noopener noreferrer">
      {children}
      <ExternalLink size={12} aria-hidden className={styles.icon} />
      <span className="visually-hidden"> ({common.newTab})</span>
    </a>
  );
}

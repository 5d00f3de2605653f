import { Button as Base } from "@base-ui/react/button";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Link } from "wouter";
import styles from "./button.module.css";
import { classes } from "./classes";

type Look = "primary" | "secondary" | "quiet" | "danger";

type Props = Omit<ComponentProps<typeof Base>, "className"> & {
  look?: Look;
  icon?: LucideIcon;
  /** The request of the button is under way: it cannot be pressed again. */
  busy?: boolean;
  children: ReactNode;
};

/** A button with a verb and its object: Connect Mailchimp, Add rule. */
export function Button({ look = "secondary", icon: Icon, busy = false, disabled, children, ...rest }: Props) {
  return (
    <Base
      {...rest}
      className={classes(styles.button, styles[look])}
      disabled={disabled || busy}
      focusableWhenDisabled={busy}
      aria-busy={busy || undefined}
    >
      {Icon && <Icon size={16} aria-hidden />}
      <span className={styles.label}>{children}</span>
      {busy && <span className={styles.busy} aria-hidden />}
    </Base>
  );
}

type LinkProps = { href: string; look?: Look; icon?: LucideIcon; children: ReactNode };

/** A link to another page that looks like a button. */
export function ButtonLink({ href, ...rest }: LinkProps) {
  return <Button {...rest} nativeButton={false} render={<Link href={href} />} />;
}

type IconProps = Omit<ComponentProps<typeof Base>, "className" | "children"> & { icon: LucideIcon; label: string };

/** A button that shows an icon only. Its label is read to screen readers and shown on hover. */
export function IconButton({ icon: Icon, label, ...rest }: IconProps) {
  return (
    <Base {...rest} className={styles.icon} aria-label={label} title={label}>
      <Icon size={16} aria-hidden />
    </Base>
  );
}

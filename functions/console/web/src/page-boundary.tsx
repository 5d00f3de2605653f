import { Component, type ReactNode } from "react";
import { isReachable, onReach } from "./api/reach";
import { shell } from "./text";
import { Button } from "./ui/button";
import { Empty } from "./ui/empty";

type State = { isBroken: boolean };

/** Shows a page that cannot be loaded or drawn as such. A page that was not loaded is loaded when the server is reached. */
export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { isBroken: false };
  #stop = () => {};

  static getDerivedStateFromError(): State {
    return { isBroken: true };
  }

  override componentDidCatch(): void {
    if (isReachable()) return;
    this.#stop = onReach(() => isReachable() && location.reload());
  }

  override componentWillUnmount(): void {
    this.#stop();
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <Empty title={shell.broken} action={<Button onClick={() => location.reload()}>{shell.reload}</Button>}>
        {shell.brokenHelp}
      </Empty>
    );
  }
}

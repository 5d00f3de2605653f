import { Component, type ReactNode } from "react";
import { afterLoss } from "./api/reach";
import { shell } from "./text";
import { Button } from "./ui/button";
import { Empty } from "./ui/empty";

type State = { isBroken: boolean };

/** Shows that a page cannot be loaded or drawn. A page that was not loaded is loaded when the server is reached. */
export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { isBroken: false };
  #stop = () => {};

  static getDerivedStateFromError(): State {
    return { isBroken: true };
  }

  override componentDidCatch(error: Error): void {
    this.#stop = afterLoss(error, () => location.reload());
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

// When to draw: in an animation frame, at most every so often, only if something changed and the page is seen.

export class Drawing {
  private requested = false;
  private drawnAt = -Infinity;

  constructor(
    private readonly draw: (nowMs: number) => void,
    private readonly minIntervalMs: number,
  ) {}

  /** Something changed: draw with the next animation frame that is due. A hidden page gets none. */
  request(): void {
    if (this.requested) return;
    this.requested = true;
    const wait = this.drawnAt + this.minIntervalMs - performance.now();
    if (wait > 0) setTimeout(() => this.nextFrame(), wait);
    else this.nextFrame();
  }

  private nextFrame(): void {
    requestAnimationFrame(() => {
      this.requested = false;
      this.drawnAt = performance.now();
      this.draw(Date.now());
    });
  }
}

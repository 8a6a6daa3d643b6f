// The points of one sensor, ordered by event time and bounded. Pure.

export interface Point {
  /** Event time, milliseconds since 1970. */
  x: number;
  y: number;
  id: string;
}

/** Points in the order of their event time, the newest `capacity` of them. */
export class Series {
  readonly points: Point[] = [];

  constructor(private readonly capacity: number) {}

  /** Insert a point in order; false when it is a duplicate or older than all that are kept. */
  add(point: Point): boolean {
    const place = this.firstAfter(point.x);
    for (let at = place - 1; at >= 0 && this.points[at]!.x === point.x; at--) {
      if (this.points[at]!.id === point.id) return false;
    }
    if (this.points.length >= this.capacity) {
      if (place === 0) return false;
      this.points.splice(place, 0, point);
      this.points.shift();
      return true;
    }
    this.points.splice(place, 0, point);
    return true;
  }

  /** The points from `since` (event time, inclusive) on. */
  since(since: number): Point[] {
    return this.points.slice(this.firstNotBefore(since));
  }

  /** Position of the first point whose event time is after `x`. */
  private firstAfter(x: number): number {
    return this.firstWhere((point) => point.x > x);
  }

  private firstNotBefore(x: number): number {
    return this.firstWhere((point) => point.x >= x);
  }

  private firstWhere(isPast: (point: Point) => boolean): number {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPast(this.points[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

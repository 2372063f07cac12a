/** A stretch of a file that must lie elsewhere. All in bytes. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** A part of the work: `move` goes from one place to another, which need not be its last. In bytes. */
export interface Step<M extends Move> {
  readonly move: M;
  readonly from: number;
  readonly to: number;
}

/** A move that is still to come, with what is in its way and what it is in the way of. */
interface Pending<M extends Move> {
  readonly move: M;
  from: number;
  readonly inItsWay: Set<Pending<M>>;
  readonly waiting: Set<Pending<M>>;
}

/** What {@link orderMoves} may do. */
export interface OrderOptions<M extends Move> {
  /** Where free space begins, behind everything. */
  readonly scratch: number;
  /** What is parked rather than others, which have to be where they go. @default nothing */
  readonly isLessWanted?: (move: M) => boolean;
}

/**
 * An order in which nothing is overwritten before it has been moved. Stretches that stand in each other's way in a circle
 * go one after the other, but for one that passes through free space: the smallest, of the less wanted if there are any.
 * Takes time for n log n moves, and for the way to each circle; what they are moved from must not overlap, and neither what
 * they are moved to.
 */
export function orderMoves<M extends Move>(
  moves: readonly M[],
  { scratch, isLessWanted = () => false }: OrderOptions<M>,
): readonly Step<M>[] {
  const pending = new Set(entangle(moves.filter(({ from, to, size }) => from !== to && size > 0)));
  const free = [...pending].filter(({ inItsWay }) => inItsWay.size === 0);
  const steps: Step<M>[] = [];
  const parked = new Set<Pending<M>>();
  let parking = scratch;

  const take = (one: Pending<M>, to: number): void => {
    steps.push({ move: one.move, from: one.from, to });
    one.from = to;
    for (const other of one.waiting) {
      other.inItsWay.delete(one);
      if (other.inItsWay.size === 0) free.push(other);
    }
    one.waiting.clear();
  };

  for (const first of pending) {
    while (pending.has(first)) {
      const next = free.pop();
      if (next !== undefined) {
        pending.delete(next);
        take(next, next.move.to);
        // The room is used again when all that was there has gone home.
        if (parked.delete(next) && parked.size === 0) parking = scratch;
        continue;
      }
      const circle = findCircle(first);
      const lessWanted = circle.filter(({ move }) => isLessWanted(move));
      const one = smallest(lessWanted.length > 0 ? lessWanted : circle);
      take(one, parking);
      parked.add(one);
      parking += one.move.size;
    }
  }
  return steps;
}

/** Finds for each move what lies where it goes: both lists are gone through once, since nothing in them overlaps. */
function entangle<M extends Move>(moves: readonly M[]): readonly Pending<M>[] {
  const all = moves.map((move) => ({
    move,
    from: move.from,
    inItsWay: new Set<Pending<M>>(),
    waiting: new Set<Pending<M>>(),
  }));
  const byFrom = all.toSorted((a, b) => a.from - b.from);
  let before = 0;
  for (const one of all.toSorted((a, b) => a.move.to - b.move.to)) {
    const { to, size } = one.move;
    while (before < byFrom.length && endOf(byFrom[before]) <= to) before++;
    for (let at = before; at < byFrom.length; at++) {
      const other = byFrom[at];
      if (other === undefined || other.from >= to + size) break;
      if (other === one) continue;
      one.inItsWay.add(other);
      other.waiting.add(one);
    }
  }
  return all;
}

function endOf(one: Pending<Move> | undefined): number {
  return one === undefined ? 0 : one.from + one.move.size;
}

/** Whoever goes from one to what is in its way comes round sooner or later, where nothing is free. */
function findCircle<M extends Move>(first: Pending<M>): readonly Pending<M>[] {
  const path = new Set<Pending<M>>();
  let at: Pending<M> | undefined = first;
  while (at !== undefined && !path.has(at)) {
    path.add(at);
    [at] = at.inItsWay;
  }
  const all = [...path];
  return at === undefined ? all : all.slice(all.indexOf(at));
}

function smallest<M extends Move>(circle: readonly Pending<M>[]): Pending<M> {
  return circle.reduce((least, one) => (one.move.size < least.move.size ? one : least));
}

/** A piece of work in a limiter, in the order of submission. */
interface Piece {
  readonly group: string
  state: 'waiting' | 'running' | 'ended' | 'refused'
  end: (fails: boolean) => void
}

/**
 * Work that runs until the test ends it, for tests of what limits or orders work. Pieces are numbered from 0 in the order in which they are
 * submitted; `group` is whatever they have in common.
 */
export function heldWork() {
  const pieces: Piece[] = []
  let started = 0

  const numbersOf = (state: Piece['state']) =>
    pieces.flatMap((piece, number) => (piece.state === state ? [number] : []))
  const endPiece = async (number: number | undefined, fails = false) => {
    const piece = number === undefined ? undefined : pieces[number]
    if (piece?.state !== 'running') return
    piece.end(fails)
    await settled()
  }

  return {
    /** Submits a piece of work. It is refused if `submit` rejects before the work has run. */
    of(group: string, submit: (work: () => Promise<void>) => Promise<void>): void {
      const piece: Piece = { group, state: 'waiting', end: () => {} }
      pieces.push(piece)
      const work = () => {
        piece.state = 'running'
        started += 1
        return new Promise<void>((resolve, reject) => {
          piece.end = (fails) => {
            piece.state = 'ended'
            if (fails) reject(new Error('the work fails'))
            else resolve()
          }
        })
      }
      submit(work).catch(() => {
        if (piece.state === 'waiting') piece.state = 'refused'
      })
    },

    running: () => numbersOf('running'),
    refused: () => numbersOf('refused'),
    /** The pieces that still run or wait. */
    unended: () => [...numbersOf('running'), ...numbersOf('waiting')],
    /** How many pieces have begun. */
    started: () => started,

    countsOf(group: string) {
      const count = (state: Piece['state']) =>
        pieces.filter((piece) => piece.group === group && piece.state === state).length
      return { running: count('running'), waiting: count('waiting') }
    },

    end: (number: number) => endPiece(number),
    /** Ends one of the running pieces, if there are any. */
    endOneOf: (choice: number, fails: boolean) => {
      const running = numbersOf('running')
      return endPiece(running[choice % Math.max(1, running.length)], fails)
    },
    /** Ends whatever runs until nothing runs any more. */
    async endAll() {
      for (let running = numbersOf('running'); running.length > 0; running = numbersOf('running'))
        for (const number of running) await endPiece(number)
    },
  }
}

/** Resolves when everything that needs no I/O has happened. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLog, LogObserver } from '../../../src/telemetry/log.js'

/** An observer, and the lines that it has written. */
function startLog() {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ LOG_LEVEL: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) })
  return { observer: new LogObserver(log), lines }
}

describe('a limit that is reached', () => {
  afterEach(() => vi.useRealTimers())

  test('is a warning at once, then at most one a minute with the number of times since the last one', () => {
    vi.useFakeTimers()
    const { observer, lines } = startLog()
    const written = () => lines.splice(0).map(({ level, msg, limit, count }) => ({ level, msg, limit, count }))
    const line = (limit: string, count: number) => ({ level: 'warn', msg: 'limit reached', limit, count })

    observer.limitReached('MAX_CONNECTIONS')
    expect(written()).toEqual([line('MAX_CONNECTIONS', 1)])
    for (let times = 0; times < 5; times += 1) observer.limitReached('MAX_CONNECTIONS')
    observer.limitReached('MAX_MESSAGE_BYTES')
    expect(written()).toEqual([line('MAX_MESSAGE_BYTES', 1)])

    vi.advanceTimersByTime(59_999)
    expect(written()).toEqual([])
    vi.advanceTimersByTime(1)
    expect(written()).toEqual([line('MAX_CONNECTIONS', 5)])
    observer.limitReached('MAX_CONNECTIONS')
    expect(written()).toEqual([])
    vi.advanceTimersByTime(60_000)
    expect(written()).toEqual([line('MAX_CONNECTIONS', 1)])
  })

  test('is a warning at once again after a minute without it', () => {
    vi.useFakeTimers()
    const { observer, lines } = startLog()
    observer.limitReached('KEEPALIVE_SECONDS')
    vi.advanceTimersByTime(60_000)
    expect(lines).toHaveLength(1)
    observer.limitReached('KEEPALIVE_SECONDS')
    expect(lines.map(({ count }) => count)).toEqual([1, 1])
  })
})

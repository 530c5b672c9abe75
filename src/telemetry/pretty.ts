import prettyFormatter from 'pino-pretty'

const timeOnly = { translateTime: 'SYS:HH:MM:ss' }
const formatOnOneLine = prettyFormatter.prettyFactory({ ...timeOnly, singleLine: true })
const formatWithDetails = prettyFormatter.prettyFactory(timeOnly)

/** What the lines that are shortened for people contain. */
interface LogLine {
  readonly level: string
  readonly time: string
  readonly msg: string
  readonly cause?: DescribedError
  readonly address?: string
  readonly httpAddress?: string
  readonly adminAddress?: string
  readonly path?: string
  readonly reason?: string
  readonly requestId?: string
  readonly durationMs?: number
  readonly cancelled?: boolean
  readonly serving?: boolean
}

/** As `describeError` gives it. */
interface DescribedError {
  readonly type: string
  readonly code?: string | number
  readonly cause?: DescribedError
}

/** Turns a line of the JSON log into one for a terminal. Errors of the service keep their stack frames, on lines of their own. */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as LogLine
  if (line.level === 'error' || line.level === 'fatal') return formatWithDetails(line)
  return formatOnOneLine(shortened(line))
}

function shortened({ cause, ...line }: LogLine): object {
  const shortCause = cause && { cause: inOneLine(cause) }
  switch (line.msg) {
    case 'listening': {
      const { level, time, address, httpAddress, adminAddress } = line
      const http = httpAddress === undefined ? '' : `, over HTTP on ${httpAddress}`
      const admin = adminAddress === undefined ? '' : `, metrics on http://${adminAddress}/metrics`
      return { level, time, msg: `listening on ${address}${http}${admin}` }
    }
    case 'call ended': {
      const { path = '', reason, durationMs, requestId, cancelled, ...others } = line
      const operation = path.slice(path.lastIndexOf('/') + 1)
      const end = cancelled ? ', cancelled by the client' : ''
      return { ...others, ...shortCause, msg: `${operation} ${reason}, ${durationMs} ms, request ${requestId}${end}` }
    }
    case 'health changed': {
      const { serving, ...others } = line
      return { ...others, ...shortCause, msg: serving ? 'serving' : 'not serving' }
    }
    default:
      return { ...line, ...shortCause }
  }
}

/** The classes and codes of an error and its causes, such as `Failure: MongoNetworkError ECONNREFUSED`. */
function inOneLine({ type, code, cause }: DescribedError): string {
  const own = code === undefined ? type : `${type} ${code}`
  return cause ? `${own}: ${inOneLine(cause)}` : own
}
